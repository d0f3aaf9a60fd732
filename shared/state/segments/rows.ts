import { concatBytes, fromUtf8, utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';

/** A record as a store keeps it, or that there is none any more: `value` is undefined where it was removed. */
export interface Row {
  readonly key: string;
  readonly version: number;
  readonly value: Uint8Array | undefined;
}

/** Numbers of seven bits a byte, the lowest first, as in LEB128. */
export function encodeNumber(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** Reads what was written one behind the other; `state-corrupt` past the end. */
export interface Reader {
  readonly done: boolean;
  number(): number;
  bytes(length: number): Uint8Array;
  text(length: number): string;
  /** All that is left. */
  rest(): Uint8Array;
}

export function createReader(content: Uint8Array): Reader {
  // Whatever kind of byte array it is: only a plain one gives copies for slices.
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.length);
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (!(length >= 0) || at + length > bytes.length) throw damagedRows();
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    get done() {
      return at === bytes.length;
    },
    number() {
      let value = 0;
      for (let factor = 1; factor < 2 ** 56; factor *= 128) {
        const byte = take(1)[0] as number;
        value += (byte % 128) * factor;
        if (byte < 128) return value;
      }
      throw damagedRows();
    },
    bytes: take,
    text: (length) => fromUtf8(take(length)),
    rest: () => take(bytes.length - at),
  };
}

export function damagedRows(): DossierError {
  return new DossierError('state-corrupt', 'A part of the store is damaged');
}

export function sharedLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

/** Bytes that a row takes, about. */
export function sizeOfRow({ key, value }: Row): number {
  return key.length + (value?.length ?? 0) + 12;
}

/** Rows in the order of their keys; of each key only what the one before does not begin with. */
export function encodeRows(rows: Iterable<Row>): Uint8Array {
  const parts: Uint8Array[] = [];
  let before = '';
  for (const { key, version, value } of rows) {
    const shared = sharedLength(before, key);
    const rest = utf8(key.slice(shared));
    parts.push(
      Uint8Array.from([
        ...encodeNumber(shared),
        ...encodeNumber(rest.length),
        ...rest,
        ...encodeNumber(version),
        ...encodeNumber(value ? value.length + 1 : 0),
      ]),
    );
    if (value) parts.push(value);
    before = key;
  }
  return concatBytes(parts);
}

/** The rows, each with bytes of its own. */
export function decodeRows(bytes: Uint8Array): Row[] {
  return [...rowsIn(bytes)].map((row) => ({ ...row, value: row.value?.slice() }));
}

/** The rows one by one; their values are views of `bytes`. */
export function* rowsIn(bytes: Uint8Array): Iterable<Row> {
  const reader = createReader(bytes);
  let before = '';
  while (!reader.done) {
    const shared = reader.number();
    if (shared > before.length) throw damagedRows();
    const key = before.slice(0, shared) + reader.text(reader.number());
    const version = reader.number();
    const length = reader.number();
    yield { key, version, value: length === 0 ? undefined : reader.bytes(length - 1) };
    before = key;
  }
}
