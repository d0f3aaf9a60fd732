import type { INodeProperties } from 'n8n-workflow';
import {
  createContentHasher,
  type Digests,
  DossierError,
  digestsOfSource,
  type FileEntry,
  type Ledger,
  type SubjectDigests,
  say,
} from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import { entryLocator } from '../../../fields/locators.ts';
import type { Call } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';
import { existingEntry } from '../../existing.ts';

const kinds = [
  { name: 'Asset', value: 'asset', description: 'By the ID that Verify, Get Many Assets and the triggers give' },
  { name: 'Binary File', value: 'binary', description: 'A file that the item brings; it is hashed here' },
  { name: 'File by Path', value: 'path', description: 'A file of the connected place, as it is there now' },
  { name: 'Hash', value: 'hash', description: 'SHA-256 or Dropbox content hash' },
  { name: 'Report', value: 'report', description: 'By the ID that the operations on reports give' },
];

export const assetIdExample = 'e.g. 0a1b2c3d-4e5f-8a6b-9c7d-0e1f2a3b4c5d';

/** What is named by an ID, where a question allows that. */
const byId: readonly INodeProperties[] = [
  {
    displayName: 'Asset',
    name: 'asset',
    type: 'string',
    required: true,
    default: '',
    placeholder: assetIdExample,
    description: 'ID of a file in the ledger',
    displayOptions: { show: { subject: ['asset'] } },
  },
  {
    displayName: 'Report',
    name: 'report',
    type: 'string',
    required: true,
    default: '',
    description: 'ID of a submitted report, as Report: Submit gives it',
    displayOptions: { show: { subject: ['report'] } },
  },
];

/** What a question about provenance is about; `path` where a connection can be asked for a file. */
function fieldsFor(values: readonly string[]): INodeProperties[] {
  return [
    {
      displayName: 'What to Ask About',
      name: 'subject',
      type: 'options',
      options: kinds.filter(({ value }) => values.includes(value)),
      default: 'binary',
    },
    {
      displayName: 'Input Binary Field',
      name: 'binaryField',
      type: 'string',
      required: true,
      default: 'data',
      description: 'The file is read and hashed here and sent nowhere',
      hint: 'The name of the input binary field',
      displayOptions: { show: { subject: ['binary'] } },
    },
    ...(values.includes('path')
      ? [
          {
            ...entryLocator({ displayName: 'File', name: 'path', required: true }),
            displayOptions: { show: { subject: ['path'] } },
          },
        ]
      : []),
    {
      displayName: 'Hash',
      name: 'hash',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      description: '64 hexadecimal digits: SHA-256, or the content hash of Dropbox',
      displayOptions: { show: { subject: ['hash'] } },
    },
    ...byId.filter(({ name }) => values.includes(name)),
  ];
}

export const subjectFields: readonly INodeProperties[] = fieldsFor(['binary', 'path', 'hash']);
export const custodySubjectFields: readonly INodeProperties[] = fieldsFor([
  'asset',
  'binary',
  'path',
  'hash',
  'report',
]);
export const offlineSubjectFields: readonly INodeProperties[] = fieldsFor(['binary', 'hash']);

/** The file that is asked about. */
export interface Subject {
  /** A hash names one digest without saying which: whichever the ledger knows is meant. */
  readonly digests: readonly SubjectDigests[];
  /** As it lies in the connected place, where it was named by its path. */
  readonly entry?: FileEntry;
}

export async function subjectOf(call: Call): Promise<Subject> {
  switch (call.parameter('subject')) {
    case 'path':
      return subjectAtPath(call);
    case 'hash':
      return { digests: digestsGiven(call) };
    default:
      return { digests: [await digestsOfBinary(call)] };
  }
}

async function digestsOfBinary({ context, itemIndex, parameter, signal }: Call): Promise<SubjectDigests> {
  const [file] = await binaryFiles(context, itemIndex, parameter('binaryField'));
  if (!file) throw new DossierError('invalid-input', say`Item ${itemIndex} has no binary field to ask about`);
  return digestsOfSource(file.source, signal);
}

function digestsGiven({ context, parameter }: Call): SubjectDigests[] {
  const hash = String(given(context, 'hash', parameter('hash')) ?? '')
    .trim()
    .toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hash))
    throw new DossierError(
      'invalid-input',
      'A hash has 64 hexadecimal digits: SHA-256, or the content hash of Dropbox',
    );
  return [{ sha256: hash }, { dropboxContentHash: hash }];
}

/** Where the place tells a hash of its files, none is read. */
async function subjectAtPath(call: Call): Promise<Subject> {
  const entry = await existingEntry(call, 'path', 'file');
  if (entry.digest !== undefined) return { digests: [{ dropboxContentHash: entry.digest }], entry };
  return { digests: [await readDigests(call, entry)], entry };
}

export async function readDigests(call: Call, entry: FileEntry): Promise<Digests> {
  const { drive } = await call.open();
  return call.again(async () => {
    const hasher = createContentHasher();
    for await (const bytes of drive.read(entry, {}, { signal: call.signal })) hasher.update(bytes);
    return hasher.digest();
  });
}

/** The ledger of the connected folder; undefined where nothing was recorded. */
export async function ledgerOf({ store, signal }: Call): Promise<Ledger | undefined> {
  return (await store()).ledger(signal);
}
