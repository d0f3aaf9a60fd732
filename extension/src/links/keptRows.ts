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

interface Renewal {
  isAskedAgain: boolean;
  ended: Promise<void>;
}

/**
 * The rows of opened folders, kept while they are made anew. From when it asks for rows until it has them, the editor
 * knows none of those that it still shows, and whoever presses one of them presses nothing. So it is asked to draw when
 * the rows are there, not when they begin to be fetched.
 */
export class KeptRows<Folder, Row> {
  readonly #source: RowSource<Folder, Row>;
  readonly #rows = new Map<string, readonly Row[]>();
  /** Which making of a folder's rows began last. */
  readonly #begun = new Map<string, number>();
  /** By top: a server that does not answer keeps nobody else's rows waiting, also when they are asked for once more. */
  readonly #underWay = new Map<string, Renewal>();
  #makings = 0;

  constructor(source: RowSource<Folder, Row>) {
    this.#source = source;
  }

  /** Those of before, or those made for the first time. */
  async of(folder: Folder): Promise<readonly Row[]> {
    return this.#rows.get(this.#source.keyOf(folder)) ?? this.#make(folder);
  }

  /** Makes all of them anew and draws them; asked for meanwhile, once more. */
  async renew(): Promise<void> {
    const before = [...this.#begun.keys()];
    const visited = new Set<string>();
    // What is wrong with them is told to whoever draws them.
    const roots = await this.#source.roots().catch(() => []);
    const tops = roots.flatMap((row) => this.#source.folderOf(row) ?? []);
    const isWhole = tops.every((top) => !this.#underWay.has(this.#source.keyOf(top)));
    await Promise.all(tops.map((top) => this.#renewTop(top, visited)));
    if (isWhole) for (const key of before) if (!visited.has(key)) this.#forgetKey(key);
    if (tops.length === 0) this.#source.draw();
  }

  /** Makes those of one folder anew; the caller draws. */
  async renewIn(folder: Folder): Promise<void> {
    await this.#make(folder);
  }

  /** A folder was closed: nobody lists it for nothing. */
  forget(folder: Folder): void {
    this.#forgetKey(this.#source.keyOf(folder));
  }

  forgetAll(): void {
    this.#rows.clear();
    this.#begun.clear();
  }

  #forgetKey(key: string): void {
    this.#rows.delete(key);
    this.#begun.delete(key);
  }

  async #make(folder: Folder): Promise<readonly Row[]> {
    const key = this.#source.keyOf(folder);
    const making = ++this.#makings;
    this.#begun.set(key, making);
    const made = await this.#source.rowsIn(folder);
    if (this.#begun.get(key) === making) this.#rows.set(key, made);
    return made;
  }

  #renewTop(top: Folder, visited: Set<string>): Promise<void> {
    const key = this.#source.keyOf(top);
    const current = this.#underWay.get(key);
    if (current) {
      current.isAskedAgain = true;
      return current.ended;
    }
    const own: Renewal = { isAskedAgain: false, ended: Promise.resolve() };
    this.#underWay.set(key, own);
    own.ended = this.#renewBelow(top, visited).then(() => {
      this.#underWay.delete(key);
      this.#source.draw();
      return own.isAskedAgain ? this.renew() : undefined;
    });
    return own.ended;
  }

  async #renewBelow(folder: Folder, visited: Set<string>): Promise<void> {
    const key = this.#source.keyOf(folder);
    // Also those that are being made for the first time: they may be of before.
    if (!this.#begun.has(key)) return;
    visited.add(key);
    const made = await this.#make(folder);
    for (const inner of made.flatMap((row) => this.#source.folderOf(row) ?? [])) await this.#renewBelow(inner, visited);
  }
}
