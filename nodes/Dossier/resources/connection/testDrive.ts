import { randomBytes } from 'node:crypto';
import { parsePath, trialReport, trialVerdict, tryDrive } from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import type { Operation } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import { plainText } from '../../../host/plainText.ts';

export const testDrive: Operation = {
  value: 'testDrive',
  name: 'Test This Drive',
  action: 'Test a drive',
  description: 'Try on the server what Dossier asks of every drive, in a folder that is removed again',
  properties: [
    {
      displayName: 'Folder',
      name: 'testFolder',
      type: 'string',
      default: '',
      placeholder: 'e.g. /Reports',
      description:
        'The new folder is made here. Empty: the folder for submissions of the connection, or the top level.',
    },
  ],
  async run({ context, parameter, signal, open }) {
    const folder = String(given(context, 'testFolder', parameter('testFolder')) ?? '').trim();
    const { drive, connection } = await open();
    const trial = await tryDrive(drive, folder === '' ? connection.folder : parsePath(folder), {
      clock,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      context: { signal },
    });
    const results = trial.results.map(({ id, promise, state, found, consequence }) => ({
      id,
      promise: plainText(promise),
      state,
      ...(found && { found: plainText(found) }),
      ...(consequence && { consequence: plainText(consequence) }),
    }));
    const message = plainText(trialVerdict(trial));
    const keepsAll = results.every(({ state }) => state === 'kept' || state === 'skipped');
    const head = { title: `Drive test of ${connection.name}`, about: connection.kind };
    const left = trial.left === undefined ? {} : { left: trial.left };
    return {
      items: [{ json: { keepsAll, message, results, ...left, report: trialReport(trial, head) } }],
      hint: message,
    };
  },
};
