/** Stands for Node's module `string_decoder` in the n8n bundle: the part of it that code-page tables ask for. */
const labels: Readonly<Record<string, string>> = { utf8: 'utf-8', ucs2: 'utf-16le', utf16le: 'utf-16le' };

export class StringDecoder {
  readonly #decoder: TextDecoder;

  constructor(encoding: string) {
    this.#decoder = new TextDecoder(labels[encoding] ?? 'latin1', { ignoreBOM: true });
  }

  write(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  end(): string {
    return this.#decoder.decode();
  }
}
