import { checkFolder, type Difference, driveFolder } from '../../../../shared/index.ts';
import { folderLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { existingEntry } from '../../existing.ts';

export const verifyReport: Operation = {
  value: 'verify',
  name: 'Verify',
  action: 'Verify a delivered report',
  description: "Compare a delivered report's folder, or a BagIt bag, with its own records, byte for byte",
  properties: [
    folderLocator({
      displayName: 'Report Folder',
      name: 'path',
      required: true,
      description: 'The folder that was made for the report, or a bag',
    }),
  ],
  async run(call) {
    const { drive } = await call.open();
    const { path } = await existingEntry(call, 'path', 'folder');
    const verdict = await checkFolder(driveFolder(drive, { path }, { signal: call.signal }));
    const { kind, title, right, differences } = verdict;
    const holds = differences.length === 0;
    const named = differences.map(({ path: file, how }) => ({ path: file, how }));
    return {
      items: [{ json: { path, kind, title, holds, right, differences: named } }],
      hint: holds ? `All ${right} files are as recorded` : `Not as recorded: ${differences.map(words).join(', ')}`,
    };
  },
};

const words = ({ path, how }: Difference): string => `"${path}" ${how === 'changed' ? 'was changed' : `is ${how}`}`;
