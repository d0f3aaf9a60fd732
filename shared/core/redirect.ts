import { type Saying, say } from './sentence.ts';

/** What to say of a server that redirects to somewhere else. Never advises a transport that is weaker than the present. */
export function redirectSaying(from: string, target: URL | undefined): Saying {
  if (!target) return say`The server redirects, but does not say where`;
  if (new URL(from).protocol === 'https:' && target.protocol !== 'https:')
    return say`The server redirects to ${target.origin}, which is not encrypted. Nothing was sent there. Tell the administrator of the server: it must redirect to https.`;
  return say`The server redirects to ${target.origin}. Enter that URL in the connection if you trust it.`;
}
