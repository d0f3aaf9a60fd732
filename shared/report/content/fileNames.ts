import { distinctNames, portableName } from '../../core/names.ts';

export const descriptionName = 'description.txt';
export const manifestName = 'dossier.json';
export const receiptName = 'dossier.sigstore.json';
export const checksumsName = 'SHA256SUMS';
export const crateName = 'ro-crate-metadata.json';

/** Names that Dossier writes itself: an attachment of such a name gets a number. */
export const reservedNames: readonly string[] = [descriptionName, manifestName, receiptName, checksumsName, crateName];

const longestName = 150;

/**
 * Names at the destination for attachments, in order: portable, told apart case-insensitively, none of them one of
 * ours. Folders in a name are not kept: `../../x` is a name like any other.
 */
export function fileNames(names: readonly string[], taken: readonly string[] = []): string[] {
  const portable = names.map((name) =>
    portableName(name, { maxLength: longestName, fallback: 'attachment', keepExtension: true }),
  );
  return distinctNames(portable, [...reservedNames, ...taken]);
}
