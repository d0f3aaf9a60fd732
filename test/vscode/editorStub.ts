/** The little of the editor's API that the stores of the extension use: events, and whether somebody looks. Everything else is tried in a real editor. */
export class EventEmitter<T> {
  readonly #listeners = new Set<(value: T) => unknown>();
  readonly event = (listener: (value: T) => unknown) => {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

export const window = { state: { focused: true }, onDidChangeWindowState: () => ({ dispose: () => undefined }) };
export const l10n = { t: (text: string) => text, bundle: undefined };
