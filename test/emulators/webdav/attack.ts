/** What an attack is: a way of answering badly, and what a careful client makes of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export type Operation = 'list' | 'stat' | 'read' | 'write' | 'createFolder' | 'walk' | 'connect';

export type Outcome =
  /** The operation succeeds as if the bad entry were not there. */
  | 'skip'
  /** The operation succeeds, and the entry `name` is among the others: it only looks bad. */
  | 'keep'
  /** The entry may be left out or be there under a harmless name. */
  | 'either'
  /** The operation fails with an error, in bounded time and memory. */
  | 'refuse'
  /** Success or failure: what counts is that it ends, that nothing leaks, and that nothing false is believed. */
  | 'survive';

/** Where the attack happens. */
export interface Scene {
  /** The attacked server itself, without a path. */
  readonly origin: string;
  /** Another server on another port, which writes down whoever comes. */
  readonly stranger: string;
  /** The same one under another host name. */
  readonly strangerHost: string;
  /** Path of the folder that is listed, with a slash at the end. */
  readonly folder: string;
  /** The path that was asked for. */
  readonly path: string;
  readonly depth: string;
  /** How many requests there have been. */
  readonly turn: number;
}

/** What a Nextcloud server says about itself and at sign-in; bytes are sent as they are. */
export interface NextcloudReplies {
  readonly status: unknown;
  readonly user: unknown;
  readonly capabilities: unknown;
  readonly login: unknown;
  readonly poll: unknown;
}

export interface Attack {
  readonly operation: Operation;
  readonly outcome: Outcome;
  /** For `keep`: the name that must be listed. */
  readonly name?: string;
  /** Raw hrefs of further entries in a listing of depth 1. */
  hrefs?(scene: Scene): readonly string[];
  /** Further `d:response` elements in a listing of depth 1. */
  responses?(scene: Scene): readonly string[];
  /** The property XML of the entry `victim.txt`. */
  properties?: string;
  /** Another document in place of the honest multistatus. */
  document?(scene: Scene, honest: string): string | Uint8Array | AsyncIterable<string | Uint8Array>;
  /** JSON answers at the addresses of a Nextcloud server, by name. */
  replies?(scene: Scene): NextcloudReplies;
  /** Takes over requests of these methods entirely; the handler answers in any way it likes. */
  readonly methods?: readonly string[];
  answer?(scene: Scene, request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

export type AttackTable = Readonly<Record<string, Attack>>;

/** The same kind of attack many times over, named `<prefix>-<name>`. */
export function family<T>(
  prefix: string,
  members: Readonly<Record<string, T>>,
  make: (member: T, name: string) => Attack,
): AttackTable {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [`${prefix}-${name}`, make(member, name)]));
}

export const goodNames = ['plain.txt', 'spaced name.txt', 'é.txt', 'inner'] as const;

export const entryXml = (
  href: string,
  properties = '<d:getcontentlength>4</d:getcontentlength><d:getetag>"evil"</d:getetag><d:resourcetype/>',
): string =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${properties}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;

export const multistatusXml = (responses: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">${responses}</d:multistatus>`;
