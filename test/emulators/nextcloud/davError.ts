/** Refusals as a Nextcloud server words them: a status and an exception class in a `d:error` body. */
import { escapeXml } from './xml/write.ts';

const sabre = 'Sabre\\DAV\\Exception\\';
const connector = 'OCA\\DAV\\Connector\\Sabre\\Exception\\';

const kinds = {
  BadRequest: [400, sabre],
  InvalidPath: [400, connector],
  NotAuthenticated: [401, sabre],
  PasswordLoginForbidden: [401, connector],
  Forbidden: [403, sabre],
  NotFound: [404, sabre],
  MethodNotAllowed: [405, sabre],
  Conflict: [409, sabre],
  PreconditionFailed: [412, sabre],
  EntityTooLarge: [413, connector],
  UnsupportedMediaType: [415, sabre],
  RequestedRangeNotSatisfiable: [416, sabre],
  FileLocked: [423, connector],
  TooManyRequests: [429, connector],
  InsufficientStorage: [507, sabre],
  NotImplemented: [501, sabre],
  ServiceUnavailable: [503, sabre],
  LockedException: [500, 'OCP\\Lock\\'],
  InvalidArgumentException: [500, ''],
  Exception: [500, ''],
} as const satisfies Record<string, readonly [number, string]>;

export type DavErrorKind = keyof typeof kinds;

export class DavError extends Error {
  readonly kind: DavErrorKind;
  readonly headers: Record<string, string>;
  constructor(kind: DavErrorKind, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.kind = kind;
    this.headers = headers;
  }
  get status(): number {
    return kinds[this.kind][0];
  }
}

export function davErrorXml(exception: string, message: string): string {
  return (
    '<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">\n' +
    `  <s:exception>${escapeXml(exception)}</s:exception>\n  <s:message>${escapeXml(message)}</s:message>\n</d:error>\n`
  );
}

export function davErrorBody(error: DavError): string {
  return davErrorXml(kinds[error.kind][1] + error.kind, error.message);
}
