import type {
  ICredentialDataDecryptedObject,
  ICredentialsDecrypted,
  ICredentialTestFunctions,
  INodeCredentialTestResult,
} from 'n8n-workflow';
import { redact, toDossierError, verdictOf } from '../../shared/index.ts';
import { signedBy } from '../host/connection.ts';
import { testCredential as testStepByStep } from '../host/connectionTest.ts';
import { kindOfCredential } from '../host/kinds.ts';
import { plainText } from '../host/plainText.ts';
import { createTestHttp } from '../host/testHttp.ts';

/** Tests a credential step by step and names the first step that fails. Only looks: nothing is written. */
export async function testCredential(
  this: ICredentialTestFunctions,
  { type, id, name, data }: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
  try {
    const chosen = kindOfCredential(type);
    if (chosen === undefined) throw new TypeError(`There is no connection with a credential of type ${type}`);
    const named = {
      chosen,
      data: (data ?? {}) as ICredentialDataDecryptedObject,
      fields: { kind: chosen.kind, id: id || type, name: name || type, timeoutSeconds: 15 },
      timeoutMs: 15_000,
    };
    const http = createTestHttp(this);
    const test = await testStepByStep({ ...named, http, signed: () => signedBy(named, http), writes: false });
    return { status: test.failed ? 'Error' : 'OK', message: plainText(verdictOf(test)) };
  } catch (error) {
    return { status: 'Error', message: redact(toDossierError(error).message) };
  }
}
