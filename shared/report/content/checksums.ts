import { utf8 } from '../../core/bytes.ts';

export interface SummedFile {
  /** Relative, with `/` between folders. */
  readonly name: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/**
 * `SHA256SUMS` as `sha256sum` writes it and `sha256sum --check` reads it: names with a backslash or a line break are
 * escaped, and their lines begin with a backslash.
 */
export function checksumBytes(files: readonly SummedFile[]): Uint8Array {
  return utf8(files.map(checksumLine).join(''));
}

function checksumLine({ name, sha256 }: SummedFile): string {
  const escaped = name.replace(/[\\\n\r]/g, (character) => escapes[character]!);
  return `${escaped === name ? '' : '\\'}${sha256}  ${escaped}\n`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
