import type {
  ICredentialDataDecryptedObject,
  ICredentialsDecrypted,
  ICredentialTestFunctions,
  INodeCredentialTestResult,
} from 'n8n-workflow';
import { parseKey, toDossierError } from '../../shared/index.ts';
import { timestampAuthorityOf } from '../host/timestamping.ts';

/**
 * A mistyped key is found by its checksum before anything is encrypted with it, and half an authority before a report
 * needs it.
 */
export async function testKey(
  this: ICredentialTestFunctions,
  { data }: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
  try {
    parseKey(String(data?.['secretKey'] ?? ''));
    const authority = timestampAuthorityOf((data ?? {}) as ICredentialDataDecryptedObject);
    return {
      status: 'OK',
      message: authority ? 'The key is complete, and so are the certificates of the authority' : 'The key is complete',
    };
  } catch (error) {
    return { status: 'Error', message: toDossierError(error).message };
  }
}
