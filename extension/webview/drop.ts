/** Addresses of what was dropped: the explorer gives its own list first, other programs the standard one. */
export function droppedUris(transfer: DataTransfer | null): string[] {
  const list = transfer?.getData('application/vnd.code.uri-list') || transfer?.getData('text/uri-list') || '';
  return list.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
}
