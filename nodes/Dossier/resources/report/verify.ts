import {
  checkArchive,
  checkFolder,
  type Difference,
  DossierError,
  driveFolder,
  type FolderVerdict,
  say,
} from '../../../../shared/index.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';
import { inOrder } from '../../../host/inOrder.ts';
import { existingEntry } from '../../existing.ts';

export const verifyReport: Operation = {
  value: 'verify',
  name: 'Verify',
  action: 'Verify a delivered report',
  description: "Compare a delivered report's folder, or a BagIt bag, with its own records, byte for byte",
  properties: [
    {
      displayName: 'What to Verify',
      name: 'what',
      type: 'options',
      options: [
        { name: 'Folder', value: 'folder', description: 'A folder of the connected place' },
        { name: 'ZIP Archive', value: 'archive', description: 'A report or a bag that the item brings as one file' },
      ],
      default: 'folder',
    },
    {
      ...folderLocator({
        displayName: 'Report Folder',
        name: 'path',
        required: true,
        description: 'The folder that was made for the report, or a bag',
      }),
      displayOptions: { show: { what: ['folder'] } },
    },
    {
      displayName: 'Input Binary Field',
      name: 'archive',
      type: 'string',
      required: true,
      default: 'data',
      description: 'The archive is read here, sent nowhere and unpacked nowhere',
      hint: 'The name of the input binary field',
      displayOptions: { show: { what: ['archive'] } },
    },
  ],
  async run(call) {
    const { path, verdict } = call.parameter('what') === 'archive' ? await inArchive(call) : await inFolder(call);
    const { kind, title, right, differences } = verdict;
    const holds = differences.length === 0;
    const named = differences.map(({ path: file, how }) => ({ path: file, how }));
    return {
      items: [{ json: { path, kind, title, holds, right, differences: named } }],
      hint: holds ? `All ${right} files are as recorded` : `Not as recorded: ${differences.map(words).join(', ')}`,
    };
  },
};

interface Verified {
  /** Of the folder, or the name of the archive. */
  readonly path: string;
  readonly verdict: FolderVerdict;
}

async function inFolder(call: Call): Promise<Verified> {
  const { drive } = await call.open();
  const { path } = await existingEntry(call, 'path', 'folder');
  return { path, verdict: await checkFolder(driveFolder(drive, { path }, { signal: call.signal }), call.signal) };
}

async function inArchive({ context, itemIndex, parameter, signal }: Call): Promise<Verified> {
  const [file] = await binaryFiles(context, itemIndex, parameter('archive'));
  if (!file) throw new DossierError('source-missing', say`Item ${itemIndex} has no binary field to verify`);
  const bytes = inOrder(file.source);
  try {
    return { path: file.name, verdict: await checkArchive(bytes, signal) };
  } finally {
    await bytes.close();
  }
}

const words = ({ path, how }: Difference): string => `"${path}" ${how === 'changed' ? 'was changed' : `is ${how}`}`;
