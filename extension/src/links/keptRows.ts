/** What rows are made of, and who is told that they are others. */
export interface RowSource<Folder, Row> {
  /** The rows at the top. */
  roots(): Promise<readonly Row[]>;
  /** Rejects never: what is wrong with a folder is a row as well. */
  rowsIn(folder: Folder): Promise<readonly Row[]>;
  /** The row as a folder that can be opened. */
  folderOf(row: Row): Folder | undefined;
  keyOf(folder: Folder): string;
  /** The editor asks for all rows again. */
  draw(): void;
}

/** The rows of opened folders, kept while they are made anew. */
export interface KeptRows<Folder, Row> {
  /** Those of before, or those made for the first time. */
  of(folder: Folder): Promise<readonly Row[]>;
  /** Makes all of them anew and draws them; asked for meanwhile, once more. */
  renew(): Promise<void>;
  /** Makes those of one folder anew; the caller draws. */
  renewIn(folder: Folder): Promise<void>;
  /** A folder was closed: nobody lists it for nothing. */
  forget(folder: Folder): void;
  forgetAll(): void;
}

/**
 * From when it asks for rows until it has them, the editor knows none of those that it still shows, and whoever presses
 * one of them presses nothing. So it is asked to draw when the rows are there, not when they begin to be fetched.
 */
export function createKeptRows<Folder, Row>(source: RowSource<Folder, Row>): KeptRows<Folder, Row> {
  const rows = new Map<string, readonly Row[]>();
  /** Which making of a folder's rows began last. */
  const begun = new Map<string, number>();
  let makings = 0;
  /** By top: a server that does not answer keeps nobody else's rows waiting, also when they are asked for once more. */
  const underWay = new Map<string, { isAskedAgain: boolean; ended: Promise<void> }>();

  const make = async (folder: Folder): Promise<readonly Row[]> => {
    const key = source.keyOf(folder);
    const making = ++makings;
    begun.set(key, making);
    const made = await source.rowsIn(folder);
    if (begun.get(key) === making) rows.set(key, made);
    return made;
  };

  const renewBelow = async (folder: Folder, visited: Set<string>): Promise<void> => {
    const key = source.keyOf(folder);
    // Also those that are being made for the first time: they may be of before.
    if (!begun.has(key)) return;
    visited.add(key);
    const made = await make(folder);
    for (const inner of made.flatMap((row) => source.folderOf(row) ?? [])) await renewBelow(inner, visited);
  };

  const renewTop = (top: Folder, visited: Set<string>): Promise<void> => {
    const key = source.keyOf(top);
    const current = underWay.get(key);
    if (current) {
      current.isAskedAgain = true;
      return current.ended;
    }
    const own = { isAskedAgain: false, ended: Promise.resolve() };
    underWay.set(key, own);
    own.ended = renewBelow(top, visited).then(() => {
      underWay.delete(key);
      source.draw();
      return own.isAskedAgain ? renew() : undefined;
    });
    return own.ended;
  };

  const renew = async (): Promise<void> => {
    const before = [...begun.keys()];
    const visited = new Set<string>();
    // What is wrong with them is told to whoever draws them.
    const roots = await source.roots().catch(() => []);
    const tops = roots.flatMap((row) => source.folderOf(row) ?? []);
    const isWhole = tops.every((top) => !underWay.has(source.keyOf(top)));
    await Promise.all(tops.map((top) => renewTop(top, visited)));
    if (isWhole) for (const key of before) if (!visited.has(key)) forget(key);
    if (tops.length === 0) source.draw();
  };

  const forget = (key: string): void => {
    rows.delete(key);
    begun.delete(key);
  };

  return {
    of: async (folder) => rows.get(source.keyOf(folder)) ?? make(folder),
    renew,
    renewIn: async (folder) => void (await make(folder)),
    forget: (folder) => forget(source.keyOf(folder)),
    forgetAll() {
      rows.clear();
      begun.clear();
    },
  };
}
