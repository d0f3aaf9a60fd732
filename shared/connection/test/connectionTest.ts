import { isDossierError, toDossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';
import { testAccount, testCredentials, testPermissions } from './accountSteps.ts';
import {
  type Bench,
  type ConnectionTest,
  type Finding,
  failure,
  type StepResult,
  type TestPorts,
  type TestStep,
  type TestSubject,
  testSteps,
} from './bench.ts';
import { testFolder, testSpace } from './folderSteps.ts';
import { contactServer, testClock, testName, testProxy, testTls } from './networkSteps.ts';

const stepWork: { readonly [Step in TestStep]: (bench: Bench) => Promise<Finding> } = {
  name: testName,
  proxy: testProxy,
  tls: testTls,
  credentials: testCredentials,
  account: testAccount,
  permissions: testPermissions,
  folder: testFolder,
  space: testSpace,
  clock: testClock,
};

/**
 * Tries a connection step by step, from the name of the server to the folder for reports, in which a small file is
 * written, read back and removed. Repeats nothing: what fails now is what the reader wants to know. Holds no secret.
 *
 * @throws `cancelled`; everything else is a finding.
 */
export async function testConnection(subject: TestSubject, ports: TestPorts): Promise<ConnectionTest> {
  const bench: Bench = { subject, ports };
  const at = ports.clock.now();
  bench.contact = await contactServer(bench);
  const steps: StepResult[] = [];
  let failed: StepResult | undefined;
  for (const step of testSteps) {
    const finding = failed && step !== 'clock' ? notReached : await resultOf(() => stepWork[step](bench));
    const result = { step, ...finding };
    steps.push(result);
    if (result.state === 'failed') failed ??= result;
  }
  return { at, steps, ...(failed && { failed }) };
}

const notReached: Finding = { state: 'skipped', found: say`Not looked at: an earlier step failed` };

async function resultOf(work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (thrown) {
    if (isDossierError(thrown, 'cancelled')) throw thrown;
    return failure(toDossierError(thrown));
  }
}
