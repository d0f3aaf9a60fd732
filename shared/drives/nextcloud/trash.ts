/** A removal that leaves nothing in the user's trash: for what Dossier itself has put there and takes away again. */
export const skipsTrash = { 'X-NC-Skip-Trashbin': 'true' } as const;
