import { parsePath, stepWords, testReport, verdictOf } from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import type { Operation } from '../../../fields/operation.ts';
import { namedConnection, signedHttp } from '../../../host/connection.ts';
import { testCredential } from '../../../host/connectionTest.ts';
import { createHttp } from '../../../host/http.ts';
import { plainText } from '../../../host/plainText.ts';

export const testConnection: Operation = {
  value: 'test',
  name: 'Test',
  action: 'Test a connection',
  description: 'Try a connection step by step, from the name of the server to a test file in the folder',
  properties: [
    {
      displayName: 'Folder',
      name: 'testFolder',
      type: 'string',
      default: '',
      placeholder: 'e.g. /Reports',
      description:
        'A test file is written here, read back and removed. Empty: the folder for submissions of the connection, or the top level.',
    },
  ],
  async run({ context, itemIndex, parameter, signal }) {
    const folder = String(given(context, 'testFolder', parameter('testFolder')) ?? '').trim();
    const named = await namedConnection(context, itemIndex);
    const test = await testCredential({
      ...named,
      http: createHttp(context, undefined, named.timeoutMs),
      signed: () => signedHttp(context, named),
      folder: folder === '' ? undefined : parsePath(folder),
      writes: true,
      signal,
    });
    const steps = test.steps.map(({ step, state, found, advice }) => ({
      step,
      name: plainText(stepWords[step]),
      state,
      found: plainText(found),
      ...(advice && { advice: plainText(advice) }),
    }));
    const message = plainText(verdictOf(test));
    const head = { title: `Test of ${String(named.fields['name'])}`, about: named.chosen.kind };
    const json = {
      works: test.failed === undefined,
      message,
      ...(test.failed && { failedStep: test.failed.step }),
      steps,
      report: testReport(test, head),
    };
    return { items: [{ json }], ...(test.failed && { hint: message }) };
  },
};
