import { sha256Hex } from '../../core/hashing.ts';
import { checksumBytes } from './checksums.ts';
import { crateBytes } from './crate.ts';
import { checksumsName, crateName, manifestName, receiptName } from './fileNames.ts';
import { type Companions, type Manifest, manifestBytes } from './manifest.ts';

/** One of the files that follow from the manifest. */
export interface Companion {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Names for `Manifest.companions`. */
export function companionNames({ receipt }: Companions): string[] {
  return [checksumsName, crateName, ...(receipt ? [receiptName] : [])];
}

/**
 * The checksums and the crate of a report. Both follow from the manifest and the description, so that anybody can make
 * them again: a change to any of the three is noticed.
 */
export function companionsOf(manifest: Manifest, description: string): Companion[] {
  const crate = crateBytes(manifest, description);
  const sums = checksumBytes([
    ...manifest.files,
    { name: manifestName, sha256: sha256Hex(manifestBytes(manifest)) },
    { name: crateName, sha256: sha256Hex(crate) },
  ]);
  return [
    { name: crateName, mediaType: 'application/ld+json', bytes: crate },
    { name: checksumsName, mediaType: 'text/plain', bytes: sums },
  ];
}
