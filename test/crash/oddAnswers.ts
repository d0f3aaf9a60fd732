/**
 * Answers that servers, proxies and mounts give although they mean no harm: a status for one method, a listing that is
 * incomplete, a size that is wrong, a file that is shown late. Each is a row.
 */
import type { ErrorCode } from '../../shared/core/errors.ts';
import type { HttpRequest } from '../../shared/core/ports.ts';

/** How the servers of a campaign are talked to. */
export type Protocol = 'dav' | 'dropbox';

export interface OddAnswer {
  readonly protocol: Protocol;
  /** Requests that it strikes. */
  readonly strikes: (request: HttpRequest) => boolean;
  /** The answer in place of the server's. */
  readonly instead?: { readonly status: number; readonly text?: string };
  /** The server does what it is asked, and this is what the client hears of it. */
  readonly afterwards?: { readonly status: number; readonly text?: string };
  /** What becomes of the text of the server's answer. */
  readonly text?: (body: string) => string;
  /** What the sending may end in when it lasts. */
  readonly codes: readonly ErrorCode[];
  /** A passing one is outlived, and the sending ends well. */
  readonly outlived: boolean;
  /** A lasting one may be outlived: the client has another way, or need not know what is hidden. */
  readonly harmless?: true;
}

const path = ({ url }: HttpRequest) => decodeURIComponent(new URL(url).pathname);
const method =
  (...methods: string[]) =>
  (request: HttpRequest) =>
    methods.includes(request.method);
const route = (name: string) => (request: HttpRequest) => path(request).endsWith(`/2/files/${name}`);
/** Of a file of the report, wherever it waits. */
const isFile = (request: HttpRequest) => /\.(txt|jpg|mp4|json|upload)$/.test(path(request));

const dropboxError = (tag: string, within: object = {}) =>
  JSON.stringify({ error_summary: `${tag}/..`, error: { '.tag': tag, ...within } });
const notFound = dropboxError('path', { path: { '.tag': 'not_found' } });

/** One entry of a multistatus has a status of its own and nothing else: the first in the folder, or another. */
export function childFails(status: number, child = 1): (body: string) => string {
  return (body) => {
    let nth = 0;
    return body.replace(/(<d:response>\s*<d:href>[^<]*<\/d:href>)([\s\S]*?)(<\/d:response>)/g, (all, head, _, end) =>
      nth++ === child ? `${head}<d:status>HTTP/1.1 ${status} Bad</d:status>${end}` : all,
    );
  };
}

const dav: Readonly<Record<string, Omit<OddAnswer, 'protocol'>>> = {
  'MKCOL 405': { strikes: method('MKCOL'), instead: { status: 405 }, codes: ['unsupported'], outlived: false },
  // Of several that make one folder at once, a genuine server forbids it to some who may.
  'MKCOL 403': { strikes: method('MKCOL'), instead: { status: 403 }, codes: ['forbidden', 'locked'], outlived: false },
  'MKCOL done, 500': {
    strikes: method('MKCOL'),
    afterwards: { status: 500 },
    codes: ['server-error'],
    outlived: true,
    harmless: true,
  },
  'PUT 405': { strikes: method('PUT'), instead: { status: 405 }, codes: ['unsupported'], outlived: false },
  'PUT 400': { strikes: method('PUT'), instead: { status: 400 }, codes: ['server-error'], outlived: true },
  'PUT 413': { strikes: method('PUT'), instead: { status: 413 }, codes: ['too-large'], outlived: false },
  'PUT done, 404': {
    strikes: method('PUT'),
    afterwards: { status: 404 },
    codes: ['server-error', 'session-expired', 'already-exists'],
    outlived: true,
    harmless: true,
  },
  'PUT done, 500': {
    strikes: method('PUT'),
    afterwards: { status: 500 },
    codes: ['server-error'],
    outlived: true,
    harmless: true,
  },
  'MOVE 502': {
    strikes: method('MOVE'),
    instead: { status: 502 },
    codes: ['unsupported', 'server-error'],
    outlived: true,
  },
  'MOVE done, 404': {
    strikes: method('MOVE'),
    afterwards: { status: 404 },
    codes: ['server-error', 'not-found'],
    outlived: true,
    harmless: true,
  },
  'MOVE done, 412': {
    strikes: method('MOVE'),
    afterwards: { status: 412 },
    codes: ['server-error', 'already-exists'],
    outlived: true,
    harmless: true,
  },
  'shown late': {
    strikes: (request) => method('PROPFIND', 'GET', 'PATCH')(request) && isFile(request),
    instead: { status: 404 },
    codes: ['server-error'],
    outlived: true,
    harmless: true,
  },
  'one child 503': {
    strikes: method('PROPFIND'),
    text: childFails(503),
    codes: ['server-error'],
    outlived: true,
    harmless: true,
  },
  'one child 404': {
    strikes: method('PROPFIND'),
    text: childFails(404),
    codes: ['server-error', 'not-found', 'invalid-response'],
    outlived: true,
    harmless: true,
  },
  'size 0': {
    strikes: method('PROPFIND'),
    text: (body) => body.replace(/(<d:getcontentlength>)\d+/g, '$10'),
    codes: [],
    outlived: true,
    harmless: true,
  },
  'size ten times': {
    strikes: method('PROPFIND'),
    text: (body) => body.replace(/(<d:getcontentlength>\d+)/g, '$10'),
    codes: ['session-expired'],
    outlived: true,
    harmless: true,
  },
  'no ETag': {
    strikes: method('PROPFIND'),
    text: (body) => body.replace(/<d:getetag>[^<]*<\/d:getetag>/g, ''),
    codes: ['invalid-response'],
    outlived: false,
    harmless: true,
  },
};

const dropbox: Readonly<Record<string, Omit<OddAnswer, 'protocol'>>> = {
  'folder said to be taken': {
    strikes: route('create_folder_v2'),
    instead: {
      status: 409,
      text: dropboxError('path', { path: { '.tag': 'conflict', conflict: { '.tag': 'folder' } } }),
    },
    codes: ['already-exists', 'server-error'],
    outlived: true,
  },
  'upload done, not found': {
    strikes: route('upload'),
    afterwards: { status: 409, text: notFound },
    codes: ['server-error'],
    outlived: true,
    harmless: true,
  },
  'file said to be taken': {
    strikes: route('upload'),
    instead: {
      status: 409,
      text: dropboxError('path', {
        reason: { '.tag': 'conflict', conflict: { '.tag': 'file' } },
        upload_session_id: '',
      }),
    },
    codes: ['server-error', 'already-exists'],
    outlived: true,
  },
  'listing without its first entry': {
    strikes: route('list_folder'),
    text: (body) => {
      const answer = JSON.parse(body) as { entries?: unknown[] };
      return JSON.stringify({ ...answer, ...(answer.entries && { entries: answer.entries.slice(1) }) });
    },
    codes: ['server-error'],
    outlived: true,
    harmless: true,
  },
  'size 0': {
    strikes: (request) => path(request).startsWith('/2/files/'),
    text: (body) => body.replace(/("size":\s*)\d+/g, '$10'),
    codes: ['integrity-mismatch', 'server-error'],
    outlived: true,
    harmless: true,
  },
  'shown late': {
    strikes: route('get_metadata'),
    instead: { status: 409, text: notFound },
    codes: ['server-error', 'not-found'],
    outlived: true,
    harmless: true,
  },
  'too large': {
    strikes: (request) => ['upload', 'upload_session/append_v2'].some((name) => route(name)(request)),
    instead: { status: 413 },
    codes: ['too-large'],
    outlived: false,
  },
};

const withProtocol = (protocol: Protocol, rows: Readonly<Record<string, Omit<OddAnswer, 'protocol'>>>) =>
  Object.entries(rows).map(([name, row]) => [`${protocol}: ${name}`, { protocol, ...row }] as const);

export const oddAnswers: Readonly<Record<string, OddAnswer>> = Object.fromEntries([
  ...withProtocol('dav', dav),
  ...withProtocol('dropbox', dropbox),
]);

export const oddAnswersOf = (protocol: Protocol): string[] =>
  Object.keys(oddAnswers).filter((name) => oddAnswers[name]?.protocol === protocol);
