import { toHex } from '../../core/bytes.ts';
import { isDossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath } from '../../core/paths.ts';
import type { RandomBytes } from '../../core/ports.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { AccountPlan } from '../../drive/entry.ts';
import type { Bench, Finding, Permissions } from './bench.ts';

export async function testCredentials(bench: Bench): Promise<Finding> {
  const { ports, subject } = bench;
  bench.drive = await ports.open();
  bench.account = await bench.drive.account({ signal: ports.signal, withSpace: true });
  return subject.address === undefined
    ? { state: 'good', found: say`The folder of the connection is there` }
    : { state: 'good', found: say`The server accepts the sign-in` };
}

const plans: Readonly<Record<AccountPlan, Sentence>> = {
  personal: say`a personal account`,
  business: say`a business account`,
  team: say`a member of a team with a space of its own, whose root is the team’s space`,
};

export async function testAccount({ account }: Bench): Promise<Finding> {
  if (!account) return { state: 'skipped', found: say`Nobody has signed in` };
  const { label, plan } = account;
  return { state: 'good', found: plan === undefined ? say`${label}` : say`${label}: ${plans[plan]}` };
}

/**
 * What the sign-in of a drive permits, found out by asking for a file that is not there: nothing is changed. Where a
 * service tells only when it comes to it, it is taken for permitted.
 */
export async function permissionsOf(
  drive: Drive,
  folder: DrivePath,
  randomBytes: RandomBytes,
  context?: Context,
): Promise<Permissions> {
  const absent = { path: joinPath(folder, `dossier-permission-${toHex(randomBytes(8))}.txt`) };
  const see = await isPermitted(() => drive.stat(absent, context), context);
  const read = await isPermitted(async () => {
    for await (const _ of drive.read(absent, { start: 0, end: 1 }, context)) break;
  }, context);
  return { see, read, write: await isPermitted(() => drive.remove(absent, context), context) };
}

async function isPermitted(act: () => Promise<unknown>, context: Context | undefined): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (context?.signal?.aborted || isDossierError(error, 'cancelled')) throw error;
    return !isDossierError(error, 'forbidden');
  }
}

export async function testPermissions(bench: Bench): Promise<Finding> {
  const { drive, ports, subject } = bench;
  if (!drive) return { state: 'skipped', found: say`Nobody has signed in` };
  const permissions = await permissionsOf(drive, subject.folder, ports.randomBytes, { signal: ports.signal });
  bench.permissions = permissions;
  return findings.find(({ holds }) => holds(permissions))?.finding ?? allPermitted;
}

const allPermitted: Finding = { state: 'good', found: say`To see, read and write files` };

/** What is said of permissions that are not whole; the first that holds. */
const findings: readonly { readonly holds: (permissions: Permissions) => boolean; readonly finding: Finding }[] = [
  {
    holds: ({ see }) => !see,
    finding: {
      state: 'failed',
      found: say`The sign-in does not permit to see files and folders`,
      advice: say`Sign in again with the permission to see files`,
    },
  },
  {
    holds: ({ read, write }) => !read && !write,
    finding: {
      state: 'notice',
      found: say`To see files and folders, and neither to read nor to write them`,
      advice: say`That is enough to link folders. To deliver reports, sign in again with the permission to write`,
    },
  },
  {
    holds: ({ write }) => !write,
    finding: {
      state: 'notice',
      found: say`To see and read files, and not to write them`,
      advice: say`To deliver reports, sign in again with the permission to write`,
    },
  },
  {
    holds: ({ read }) => !read,
    finding: {
      state: 'notice',
      found: say`To see and write files, and not to read them`,
      advice: say`That is enough to deliver reports. For records that are kept in the folder, and for downloads, sign in again with the permission to read`,
    },
  },
];
