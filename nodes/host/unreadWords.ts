/** Something in a folder that could not be read. */
interface Unread {
  readonly path: string;
  /** Of a name that cannot be used. */
  readonly spelling?: string;
}

/** What a result says of what it does not hold; empty when it holds everything. */
export function unreadWords(unread: readonly Unread[]): string {
  const [first] = unread;
  if (first === undefined) return '';
  const example = first.spelling === undefined ? first.path : `${first.spelling} in ${first.path}`;
  return unread.length === 1
    ? `. One entry could not be read: "${example}"`
    : `. ${unread.length} entries could not be read, such as "${example}"`;
}
