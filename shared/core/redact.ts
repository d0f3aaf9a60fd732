const secretParameter =
  /([?&](?:access_token|refresh_token|client_secret|code|token|password|state|code_verifier|upload|signature)=)[^&\s]+/gi;
const bearer = /\b(Bearer|Basic|Digest)\s+[A-Za-z0-9._~+/=-]{6,}/g;
const userInfo = /(https?:\/\/)[^/@\s]+@/gi;
const dropboxToken = /\bsl\.[A-Za-z0-9_.-]{8,}/g;
const dossierKey = /\bdossier-key-1[0-9a-z-]{8,}/gi;
const ageSecret = /\bAGE-SECRET-KEY-1[0-9A-Z]+/g;

/** Takes everything that looks like a secret out of a text that is to be logged or shown. */
export function redact(text: string): string {
  return text
    .replace(secretParameter, '$1[hidden]')
    .replace(bearer, '$1 [hidden]')
    .replace(userInfo, '$1[hidden]@')
    .replace(dropboxToken, '[hidden]')
    .replace(dossierKey, '[hidden]')
    .replace(ageSecret, '[hidden]');
}
