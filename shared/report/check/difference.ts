/** One way in which a folder is not what its records say. */
export interface Difference {
  readonly path: string;
  readonly how: 'changed' | 'missing' | 'added';
}

/** What a look at a whole folder came to: it holds when nothing differs. */
export interface FolderVerdict {
  readonly kind: 'report' | 'bag';
  /** Title of the report, or what the bag says of itself. */
  readonly title: string;
  /** Files that were read and are as recorded. */
  readonly right: number;
  readonly differences: readonly Difference[];
}
