import { DossierError } from '../../core/errors.ts';
import { isRecord, type Json } from '../../core/json.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import { type Interruption, parseInterruption } from './interruption.ts';
import { type ReportState, reportStates } from './lifecycle.ts';
import { isReportId } from './reportId.ts';

/**
 * Where the bytes of an attachment lie, in words of whoever added it:
 * `{kind: 'file', path}`, `{kind: 'vault', object}`…
 */
export type SourceReference = { readonly kind: string } & { readonly [key: string]: Json };

export interface Attachment {
  /** Unique in its report; never shown. */
  readonly id: string;
  /** As the user sees it. The name at the destination may differ: see `fileNames.ts`. */
  readonly name: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  readonly source: SourceReference;
  /** Of the source when it was attached; another one means that the original changed since. */
  readonly fingerprint: string;
  /**
   * Whether a copy without what the file says of itself is sent in its place; the original stays as it is. Absent: the
   * person has not chosen, and the file is sent as it is.
   */
  readonly metadata?: MetadataChoice;
}

export type MetadataChoice = 'keep' | 'remove';

/** Where a submitted report lies. */
export interface Destination {
  readonly path: string;
  readonly id?: string;
}

/** The unit of submission. Plain JSON. Times are milliseconds since 1970 UTC. */
export interface Report {
  readonly schema: 1;
  readonly id: string;
  /** Id of the connection that it goes to. */
  readonly connection: string;
  readonly title: string;
  readonly description: string;
  readonly attachments: readonly Attachment[];
  readonly state: ReportState;
  readonly created: number;
  readonly modified: number;
  /** When it was put in the outbox: the order of sending. */
  readonly queued?: number;
  readonly submitted?: number;
  /** While `interrupted`. */
  readonly interruption?: Interruption;
  /** Once `submitted`. */
  readonly destination?: Destination;
}

export interface ReportContent {
  readonly title: string;
  readonly description: string;
  readonly attachments: readonly Attachment[];
}

const limits = { title: 4096, description: 4 * 1024 * 1024, attachments: 10_000, name: 4096 };

/** Checks what a user or a workflow gives; `invalid-input` names the first thing that is wrong. */
export function parseContent(value: unknown): ReportContent {
  const content = record(value, say`report`);
  const title = text(content.title, say`title`, limits.title);
  if (title.trim() === '') throw invalid(say`A report needs a title`);
  const given = content.attachments ?? [];
  if (!Array.isArray(given) || given.length > limits.attachments)
    throw invalid(say`The attachments must be a list of at most ${limits.attachments}`);
  const attachments = given.map(parseAttachment);
  if (new Set(attachments.map(({ id }) => id)).size !== attachments.length)
    throw invalid(say`Two attachments have the same id`);
  return { title, description: text(content.description ?? '', say`description`, limits.description), attachments };
}

/**
 * A report as it is stored. One that promises to leave metadata out is of schema 2: a version of Dossier that does not
 * know the promise refuses it, and sends nothing.
 */
export function storedForm(report: Report): Json {
  const promises = report.attachments.some(({ metadata }) => metadata === 'remove');
  return { ...report, schema: promises ? 2 : 1 } as unknown as Json;
}

export function newReport(content: unknown, given: { id: string; connection: string; now: number }): Report {
  const { id, connection, now } = given;
  return { schema: 1, id, connection, ...parseContent(content), state: 'draft', created: now, modified: now };
}

/**
 * A stored or imported report; anything else is `invalid-input`. One of a later version of Dossier is `unsupported`,
 * never guessed at.
 */
export function parseReport(value: unknown): Report {
  const given = record(value, say`report`);
  if (typeof given.schema === 'number' && given.schema > 2)
    throw new DossierError('unsupported', 'This report was written by a newer version of Dossier: update this one', {
      advice: null,
    });
  if (given.schema !== 1 && given.schema !== 2) throw invalid(say`This is not a report`);
  if (!isReportId(given.id)) throw invalid(say`The id of the report is not one of ours`);
  if (!reportStates.includes(given.state as ReportState))
    throw invalid(say`The report is in a state that does not exist`);
  return {
    schema: 1,
    id: given.id,
    connection: text(given.connection, say`connection`, limits.name),
    ...parseContent(given),
    state: given.state as ReportState,
    created: time(given.created, say`created`),
    modified: time(given.modified, say`modified`),
    ...(given.queued === undefined ? {} : { queued: time(given.queued, say`queued`) }),
    ...(given.submitted === undefined ? {} : { submitted: time(given.submitted, say`submitted`) }),
    ...(given.interruption === undefined ? {} : { interruption: parseInterruption(given.interruption) }),
    ...(given.destination === undefined ? {} : { destination: parseDestination(given.destination) }),
  };
}

function parseAttachment(value: unknown): Attachment {
  const given = record(value, say`attachment`);
  const source = record(given.source, say`source of an attachment`);
  if (typeof source.kind !== 'string') throw invalid(say`The source of an attachment has no kind`);
  const size = given.size;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(say`The size of an attachment must be a whole number of bytes`);
  const name = text(given.name, say`name of an attachment`, limits.name);
  if (name === '') throw invalid(say`An attachment needs a name`);
  return {
    id: text(given.id, say`id of an attachment`, 200),
    name,
    mediaType: text(given.mediaType ?? 'application/octet-stream', say`media type of an attachment`, 255),
    size,
    source: source as SourceReference,
    fingerprint: text(given.fingerprint, say`fingerprint of an attachment`, 1000),
    ...(given.metadata === undefined ? {} : { metadata: parseChoice(given.metadata) }),
  };
}

function parseChoice(value: unknown): MetadataChoice {
  if (value !== 'keep' && value !== 'remove')
    throw invalid(say`What is said of the metadata of an attachment is unknown`);
  return value;
}

function parseDestination(value: unknown): Destination {
  const given = record(value, say`destination`);
  const path = text(given.path, say`path of the destination`, 10_000);
  return given.id === undefined ? { path } : { path, id: text(given.id, say`id of the destination`, 1000) };
}

function record(value: unknown, what: Sentence): Record<string, unknown> {
  if (!isRecord(value)) throw invalid(say`The ${what} is not an object`);
  return value;
}

function text(value: unknown, what: Sentence, longest: number): string {
  if (typeof value !== 'string' || value.length > longest)
    throw invalid(say`The ${what} must be a text of at most ${longest} characters`);
  return value;
}

function time(value: unknown, what: Sentence): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw invalid(say`The time "${what}" of the report is not a number`);
  return value;
}

function invalid(message: Sentence): DossierError {
  return new DossierError('invalid-input', message);
}
