import type { ICredentialsDecrypted, ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import { parseKey, toDossierError } from '../../shared/index.ts';

/** A mistyped key is found by its checksum before anything is encrypted with it. */
export async function testKey(this: ICredentialTestFunctions, { data }: ICredentialsDecrypted): Promise<INodeCredentialTestResult> {
  try {
    parseKey(String(data?.['secretKey'] ?? ''));
    return { status: 'OK', message: 'The key is complete' };
  } catch (error) {
    return { status: 'Error', message: toDossierError(error).message };
  }
}
