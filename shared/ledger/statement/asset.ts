import { createHmac } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';

/** What a service calls a file, stable across renames. */
export interface AssetIdentity {
  /** Drive kind. */
  readonly kind: string;
  /** `Account.id` of the drive. */
  readonly account: string;
  /** `Entry.id` where the drive has stable ids, else its path. */
  readonly file: string;
}

/**
 * Pseudonymous id of a file: an RFC 9562 version 8 UUID from an HMAC of its identity. The same file has the same id
 * after every rename and move; without the key the id says nothing about the file.
 */
export function assetId(key: Uint8Array, { kind, account, file }: AssetIdentity): string {
  const mac = new Uint8Array(
    createHmac('sha256', key)
      .update(utf8(JSON.stringify([kind, account, file])))
      .digest(),
  ).slice(0, 16);
  mac[6] = ((mac[6] as number) & 0x0f) | 0x80;
  mac[8] = ((mac[8] as number) & 0x3f) | 0x80;
  const hex = toHex(mac);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
