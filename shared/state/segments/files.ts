/** Where segments lie. Written once each, under names that are never used again. */
export interface SegmentFiles {
  /** Bytes `start` to `end`. `not-found` when it was removed. Repeats what passes. */
  read(name: string, start: number, end: number): Promise<Uint8Array>;
  /** That it is there already is a success. Repeats what passes. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Resolves when it is gone already. */
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
}
