import { parentPort } from 'node:worker_threads';
import { type Asset, BMFF, JPEG, PNG } from '@trustnxt/c2pa-ts/asset';
import { SuperBox } from '@trustnxt/c2pa-ts/jumbf';
import { ManifestStore, ValidationResult } from '@trustnxt/c2pa-ts/manifest';

/** What the check found, for whoever asked. */
export interface Checked {
  /** Codes of the C2PA specification. */
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[];
  readonly generator?: string;
  /** RFC 3339 UTC, where a time stamp was checked. */
  readonly signedAt?: string;
}

const formats = [JPEG, PNG, BMFF];

async function check(bytes: Uint8Array<ArrayBuffer>): Promise<Checked> {
  const Format = formats.find((format) => format.canRead(bytes));
  if (!Format) return { passed: [], failed: ['format.unsupported'], certificates: [] };
  const asset: Asset = new Format(bytes);
  const jumbf = asset.getManifestJUMBF();
  if (!jumbf) return { passed: [], failed: ['claim.missing'], certificates: [] };
  const store = ManifestStore.read(SuperBox.fromBuffer(new Uint8Array(jumbf)));
  const result = await store.validate(asset).catch((error: Error) => ValidationResult.fromError(error));
  const manifest = store.getActiveManifest();
  const { certificate, chainCertificates = [], validatedTimestamp } = signatureOf(manifest?.signature?.signatureData);
  const { claimGeneratorName, claimGeneratorVersion } = manifest?.claim ?? {};
  const generator = [claimGeneratorName, claimGeneratorVersion].filter(Boolean).join(' ');
  return {
    passed: result.statusEntries.filter(({ success }) => success).map(({ code }) => code),
    failed: result.statusEntries.filter(({ success }) => !success).map(({ code }) => code),
    certificates: [...(certificate ? [certificate] : []), ...chainCertificates].map(
      ({ rawData }) => new Uint8Array(rawData),
    ),
    ...(generator === '' ? {} : { generator }),
    ...(validatedTimestamp ? { signedAt: validatedTimestamp.toISOString() } : {}),
  };
}

interface Signature {
  readonly certificate?: { readonly rawData: ArrayBuffer };
  readonly chainCertificates?: readonly { readonly rawData: ArrayBuffer }[];
  readonly validatedTimestamp?: Date;
}

const signatureOf = (signature: unknown): Signature => (signature as Signature | undefined) ?? {};

// Nothing is asked of anybody while somebody looks at a file.
globalThis.fetch = () => Promise.reject(new Error('Content credentials are checked without a network'));

parentPort?.on('message', (bytes: Uint8Array<ArrayBuffer>) => {
  void check(bytes).then(
    (checked) => parentPort?.postMessage(checked),
    () => parentPort?.postMessage({ passed: [], failed: ['general.error'], certificates: [] }),
  );
});
parentPort?.postMessage('ready');
