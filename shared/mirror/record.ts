import { canonicalJson } from '../core/json.ts';
import type { LedgerService } from '../ledger/backends/backend.ts';
import { assetId } from '../ledger/statement/asset.ts';
import type { MirroredVersion } from './mirror.ts';

export interface RecordingPorts {
  readonly ledger: LedgerService;
  readonly assetKey: Uint8Array;
  /** Of the destination. */
  readonly kind: string;
  readonly account: string;
  readonly now: () => number;
}

/**
 * Records the versions that a mirror has sent. A file is the same asset as in a linked folder: what a link has recorded
 * of the same content is not recorded again.
 */
export function recordVersions({ ledger, assetKey, kind, account, now }: RecordingPorts) {
  return async (versions: readonly MirroredVersion[], signal?: AbortSignal): Promise<void> => {
    for (const { id, path, size, modified, digests } of versions) {
      const asset = assetId(assetKey, { kind, account, file: id ?? path });
      const newest = await ledger.newest(asset, signal);
      const isThere = newest?.subjects.some(
        (subject) => subject.sha256 === digests.sha256 || subject.dropboxContentHash === digests.dropboxContentHash,
      );
      if (isThere && newest?.event !== 'Delete') continue;
      const name = path.slice(path.lastIndexOf('/') + 1);
      await ledger.append(
        [
          {
            event: newest ? 'Publish' : 'Register',
            asset,
            subjects: [digests],
            occasion: `mirror ${newest?.index ?? 'first'} ${canonicalJson({ ...digests })}`,
            observedAt: now(),
            masked: { name, path, size },
            details: { hashSource: 'sent', claimed: { serverModified: new Date(modified).toISOString() } },
          },
        ],
        signal,
      );
    }
  };
}
