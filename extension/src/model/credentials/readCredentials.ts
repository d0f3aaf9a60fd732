import { X509Certificate } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type ByteSource, isDossierError, readBytes } from '../../../../shared/index.ts';
import { findStore } from './findStore.ts';
import type { Checked } from './worker.ts';

/**
 * What content credentials say, and whether they hold:
 * - `valid`: they fit the file, and a certificate that the user trusts vouches for the signer;
 * - `unknownSigner`: they fit the file, and nobody that the user trusts vouches for the signer;
 * - `altered`: the file, or the credentials, are not what was signed;
 * - `remote`: the file names an address where they lie, which was not asked;
 * - `unjudged`: they are there, and what they are worth cannot be said here, for `why`.
 */
export interface Credentials {
  readonly state: 'valid' | 'unknownSigner' | 'altered' | 'remote' | 'unjudged';
  readonly why?: 'damaged' | 'large' | 'format' | 'certificate' | 'incomplete';
  readonly signer?: string;
  readonly generator?: string;
  readonly signedAt?: string;
  readonly remote?: string;
}

export interface CredentialsCheck {
  /** The program that judges, on a thread of its own. */
  readonly worker: string | URL;
  /** Certificates that the user trusts, PEM. */
  readonly trusted: readonly string[];
}

/** A file is judged in memory, and its thread is given no more than this. */
const largest = 64 * 1024 * 1024;
const memory = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 };
/** To start takes longer where the computer is busy; to judge does not take long. */
const longestStartMs = 15_000;
const longestCheckMs = 1_000;
const msForMegabyte = 40;

/** Nothing leaves the computer. Undefined where the file has no content credentials. Codes: those of the source. */
export async function readCredentials(source: ByteSource, check: CredentialsCheck): Promise<Credentials | undefined> {
  let found: Awaited<ReturnType<typeof findStore>>;
  try {
    found = await findStore(source);
  } catch (error) {
    if (isDossierError(error, 'invalid-input')) return { state: 'unjudged', why: 'damaged' };
    throw error;
  }
  if (!found) return undefined;
  const { remote, store, isChecked } = found;
  if (!store) return remote === undefined ? undefined : { state: 'remote', remote };
  if (!isChecked) return { state: 'unjudged', why: 'format' };
  if (source.size > largest) return { state: 'unjudged', why: 'large' };
  const checked = await checkOnThread(await readBytes(source.open(), largest), check.worker);
  return checked ? judged(checked, check.trusted) : { state: 'unjudged', why: 'incomplete' };
}

/** Undefined when it takes more time or memory than an honest file does. */
function checkOnThread(bytes: Uint8Array, program: string | URL): Promise<Checked | undefined> {
  const thread = new Worker(program, { resourceLimits: memory });
  return new Promise<Checked | undefined>((resolve) => {
    let timer = setTimeout(() => resolve(undefined), longestStartMs);
    thread.on('message', (message: Checked | 'ready') => {
      if (message !== 'ready') return resolve(message);
      clearTimeout(timer);
      timer = setTimeout(() => resolve(undefined), longestCheckMs + (bytes.length / 2 ** 20) * msForMegabyte);
      thread.postMessage(bytes);
    });
    thread.on('error', () => resolve(undefined));
    thread.on('exit', () => resolve(undefined));
  }).finally(() => thread.terminate());
}

const fits: ReadonlySet<string> = new Set([
  'assertion.dataHash.match',
  'assertion.bmffHash.match',
  'assertion.boxesHash.match',
]);
/** Says nothing of the file: of the certificate, or of a stamp that nobody is asked to believe. */
const ofSigner = /^(?:signingCredential\.|timeStamp\.)/;
const altered = /mismatch$|^assertion\.(?:missing|undeclared)$|^claimSignature\.(?:missing|mismatch)$/;

function judged(
  { passed, failed, certificates, generator, signedAt }: Checked,
  trusted: readonly string[],
): Credentials {
  const chain = certificates.flatMap((der) => parsed(Buffer.from(der)));
  const about = {
    ...(chain[0] ? { signer: nameOf(chain[0]) } : {}),
    ...(generator === undefined ? {} : { generator }),
    ...(signedAt === undefined ? {} : { signedAt }),
  };
  if (failed.includes('format.unsupported')) return { state: 'unjudged', why: 'format' };
  const faults = failed.filter((code) => !ofSigner.test(code));
  if (faults.some((code) => altered.test(code))) return { state: 'altered', ...about };
  if (faults.length > 0) return { state: 'unjudged', why: 'incomplete', ...about };
  if (failed.some((code) => code.startsWith('signingCredential.')))
    return { state: 'unjudged', why: 'certificate', ...about };
  // That it was signed in time only a stamp says, and whose stamp it is nobody has checked.
  if (chain.some(({ validTo }) => Date.parse(validTo) < Date.now()))
    return { state: 'unjudged', why: 'certificate', ...about };
  // What was not looked at does not hold.
  if (!passed.includes('claimSignature.validated') || !passed.some((code) => fits.has(code)))
    return { state: 'unjudged', why: 'incomplete', ...about };
  return { state: isVouchedFor(chain, trusted.flatMap(parsed)) ? 'valid' : 'unknownSigner', ...about };
}

function parsed(certificate: string | Buffer): X509Certificate[] {
  try {
    return [new X509Certificate(certificate)];
  } catch {
    return [];
  }
}

/** From the signer's certificate upwards, each signed with the key of the next, to one that the user trusts. */
function isVouchedFor([leaf, ...others]: readonly X509Certificate[], roots: readonly X509Certificate[]): boolean {
  const isIssuer = (by: X509Certificate, of: X509Certificate) => of.checkIssued(by) && of.verify(by.publicKey);
  for (let at = leaf, left = others.length + 1; at && left > 0; left--) {
    const here = at;
    if (roots.some((root) => root.fingerprint256 === here.fingerprint256 || isIssuer(root, here))) return true;
    at = others.find((other) => other.fingerprint256 !== here.fingerprint256 && other.ca && isIssuer(other, here));
  }
  return false;
}

/** `Jane Doe (Acme Cameras)` */
function nameOf({ subject }: X509Certificate): string {
  const field = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(subject)?.[1];
  const [person, body] = [field('CN'), field('O')];
  return person !== undefined && body !== undefined && person !== body
    ? `${person} (${body})`
    : (person ?? body ?? '?');
}
