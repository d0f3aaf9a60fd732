import { type Sentence, say } from '../../core/sentence.ts';
import type { AccountPlan } from '../../drive/entry.ts';
import { type Permissions, permissionsOf } from '../../drive/permissions.ts';
import type { Bench, Finding } from './bench.ts';

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
      advice: say`That is enough to list folders and to watch them. To deliver reports, sign in again with the permission to write; to record in the folder, also with the permission to read`,
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
