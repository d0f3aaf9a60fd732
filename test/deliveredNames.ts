/** What Dossier lays beside the attachments of every report. */
export const companionNames = ['SHA256SUMS', 'description.txt', 'dossier.json', 'ro-crate-metadata.json'];

/** Names in the folder of a delivered report, sorted. */
export const deliveredNames = (attachments: readonly string[], ...others: readonly string[]): string[] =>
  [...companionNames, ...attachments, ...others].sort();
