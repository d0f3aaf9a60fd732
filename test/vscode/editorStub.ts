/**
 * The little of the editor's API that parts of the extension use by themselves: events, commands, messages, and whether
 * somebody looks. Everything else is tried in a real editor.
 */
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

const messages: string[] = [];
export const window = {
  state: { focused: true },
  onDidChangeWindowState: () => ({ dispose: () => undefined }),
  messages,
  showInformationMessage: (text: string) => void messages.push(text),
  showWarningMessage: async (text: string) => void messages.push(text),
};

export const workspace = {
  /** Settings that a test has chosen, by name within `dossier`. */
  settings: new Map<string, unknown>(),
  getConfiguration: () => ({
    get: (name: string, fallback: unknown) => workspace.settings.get(name) ?? fallback,
  }),
  onDidChangeConfiguration: () => ({ dispose: () => undefined }),
};

const registered = new Map<string, (...given: unknown[]) => unknown>();
export const commands = {
  registerCommand(id: string, act: (...given: unknown[]) => unknown) {
    registered.set(id, act);
    return { dispose: () => void registered.delete(id) };
  },
  executeCommand: (id: string, ...given: unknown[]) => registered.get(id)?.(...given),
};
/** As the editor's: the text in its language, with its holes filled. */
export const l10n: {
  bundle: Readonly<Record<string, string>> | undefined;
  t(id: string, ...params: unknown[]): string;
} = {
  bundle: undefined,
  t(id, ...params) {
    const text = l10n.bundle?.[id] ?? id;
    return params.length === 0
      ? text
      : text.replace(/\{(\d+)\}/g, (hole, at: string) => String(params[Number(at)] ?? hole));
  },
};
