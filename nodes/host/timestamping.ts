import { randomBytes } from 'node:crypto';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { DossierError, parseTimestampAuthority, type Timestamping } from '../../shared/index.ts';
import { createHttp, type RequestContext } from './http.ts';

/** A report does not wait longer for a time stamp. */
const timeoutMs = 20_000;

/**
 * The time-stamp authority that the Dossier Key credential names; undefined where it names none. `invalid-input` says
 * what is wrong with it.
 */
export function timestampingOf(
  context: RequestContext,
  credentialType: string,
  credential: ICredentialDataDecryptedObject,
): Timestamping | undefined {
  const authority = timestampAuthorityOf(credential);
  return (
    authority && {
      authority,
      http: createHttp(context, credentialType, timeoutMs),
      random: (length) => new Uint8Array(randomBytes(length)),
    }
  );
}

export function timestampAuthorityOf(
  credential: ICredentialDataDecryptedObject,
): Timestamping['authority'] | undefined {
  const [url, certificates] = ['timestampAuthority', 'timestampChain'].map((name) =>
    String(credential[name] ?? '').trim(),
  ) as [string, string];
  if (url === '') return undefined;
  if (certificates === '')
    throw new DossierError(
      'invalid-input',
      'A time-stamp authority is believed by its certificates only: enter them in the Dossier Key credential',
    );
  return parseTimestampAuthority(url, certificates);
}
