import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { X509Certificate } from '@peculiar/x509';
import { type Asset, JPEG, PNG } from '@trustnxt/c2pa-ts/asset';
import { CoseAlgorithmIdentifier, LocalSigner } from '@trustnxt/c2pa-ts/cose';
import { ClaimVersion, DataHashAssertion, ManifestStore } from '@trustnxt/c2pa-ts/manifest';

const run = promisify(execFile);

export interface TestSigner {
  readonly signer: LocalSigner;
  /** PEM of the root that vouches for it. */
  readonly rootPem: string;
}

const leafExtensions = `basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;

/** A camera maker's root, and the certificate that it gave to somebody. */
export async function createSigner(name: string, days = 30): Promise<TestSigner> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-c2pa-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  try {
    await writeFile(join(folder, 'leaf.cnf'), leafExtensions);
    await openssl(
      ...['req', '-x509', ...key, '-keyout', 'root.key', '-out', 'root.pem', '-days', '365'],
      ...['-subj', `/O=${name} Root/CN=${name} Root CA`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    );
    await openssl('req', ...key, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', `/O=${name}/CN=${name} Signer`);
    await openssl(
      ...['x509', '-req', '-in', 'leaf.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial'],
      ...['-out', 'leaf.pem', '-days', String(days), '-extfile', 'leaf.cnf'],
    );
    const read = (file: string) => readFile(join(folder, file), 'utf8');
    const pkcs8 = createPrivateKey(await read('leaf.key')).export({ format: 'der', type: 'pkcs8' });
    const [leaf, rootPem] = [new X509Certificate(await read('leaf.pem')), await read('root.pem')];
    const chain = [new X509Certificate(rootPem)];
    return {
      signer: new LocalSigner(new Uint8Array(pkcs8), CoseAlgorithmIdentifier.ES256, leaf, chain),
      rootPem,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Signs a picture as an editor or a camera does. */
export async function signed(picture: Uint8Array, { signer }: TestSigner): Promise<Uint8Array> {
  const asset: Asset = PNG.canRead(picture) ? new PNG(picture.slice()) : new JPEG(picture.slice());
  const store = new ManifestStore();
  const manifest = store.createManifest({
    claimVersion: ClaimVersion.V1,
    assetFormat: asset.mimeType,
    instanceID: 'xmp:iid:dossier-test',
    defaultHashAlgorithm: 'SHA-256',
    signer,
  });
  const binding = DataHashAssertion.create('SHA-512');
  manifest.addAssertion(binding);
  await asset.ensureManifestSpace(store.measureSize());
  await binding.updateWithAsset(asset);
  await manifest.sign(signer);
  await asset.writeManifestJUMBF(store.getBytes());
  return asset.getDataRange();
}

/** A real JPEG of one pixel, with a comment that makes it as long as is wanted. */
export function smallJpeg(length = 2000): Uint8Array {
  const picture = Buffer.from(
    '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q==',
    'base64',
  );
  const comment = Buffer.alloc(Math.max(4, length - picture.length), 'x');
  comment.writeUInt16BE(0xfffe, 0);
  comment.writeUInt16BE(comment.length - 2, 2);
  return new Uint8Array(Buffer.concat([picture.subarray(0, 20), comment, picture.subarray(20)]));
}
