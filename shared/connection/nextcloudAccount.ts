import { drain } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import type { HttpPort } from '../core/ports.ts';
import type { Context } from '../drive/drive.ts';
import { ask, readAnswer, readOcs } from './nextcloudAnswers.ts';

/**
 * The user id behind the credentials of `http`: part of every address of files, and not always the name to sign in
 * with.
 */
export async function nextcloudUserId(http: HttpPort, url: string, { signal }: Context = {}): Promise<string> {
  const response = await ask(http, {
    method: 'GET',
    url: `${url}/ocs/v2.php/cloud/user?format=json`,
    ...(signal && { signal }),
  });
  const { id } = await readOcs(response, 'account');
  if (typeof id !== 'string' || id === '' || /^\.{1,2}$|[/\\\u0000-\u001f\u007f]/.test(id))
    throw new DossierError('invalid-response', 'The server did not say who has signed in', {
      operation: 'account',
      where: 'nextcloud',
    });
  return id;
}

/**
 * Gives the app password of `http` back. False when it is none, but a password the user typed: that one stays the
 * user's affair. Safe to repeat.
 */
export async function revokeAppPassword(http: HttpPort, url: string, { signal }: Context = {}): Promise<boolean> {
  const response = await ask(http, {
    method: 'DELETE',
    url: `${url}/ocs/v2.php/core/apppassword?format=json`,
    ...(signal && { signal }),
  });
  if (response.status === 401 || response.status === 403) {
    await drain(response.body);
    return response.status === 401;
  }
  await readAnswer(response, 'revoke');
  return true;
}
