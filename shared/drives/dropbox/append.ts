import type { files } from 'dropbox';
import { type DossierError, isDossierError, toDossierError } from '../../core/errors.ts';
import { contentHashOf, createContentHasher } from '../../core/hashing.ts';
import { isRecord } from '../../core/json.ts';
import type { SizedBody } from '../../core/ports.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Outcome, Piece, UploadSession } from '../../drive/uploadSession.ts';
import type { DropboxApi } from './api.ts';
import { capabilities } from './capabilities.ts';
import { entryError } from './errors.ts';
import { unknown } from './metadata.ts';
import { isClosing, sessionId, withReceived } from './sessionRecord.ts';

type Append = Drive['append'];
type Outcomes = Outcome<UploadSession>[];

const info = { operation: 'append', area: 'session' } as const;

/**
 * Sends chunks: several in one `append_batch`, one alone by `append_v2`. The argument of a batch rides in a header, and
 * nobody outside knows how large one may be: what is refused for its form is halved, and the smaller size kept; a
 * single piece has a route of its own.
 */
export function createAppend(api: DropboxApi): Append {
  let largestBatch = capabilities.upload.piecesPerAppend;

  const append: Append = async (pieces, context) => {
    const [first] = pieces;
    if (first === undefined) return [];
    if (pieces.length === 1) return [await appendOne(first, context)];
    if (pieces.length > largestBatch) return halves(pieces, context);
    try {
      return await appendBatch(pieces, context);
    } catch (error) {
      if (!isRefusedForm(error)) throw error;
      largestBatch = Math.max(1, Math.floor(pieces.length / 2));
      return halves(pieces, context);
    }
  };

  /** What is known of one half is not lost with the other. */
  const halves = async (pieces: readonly Piece[], context: Context | undefined): Promise<Outcomes> => {
    const middle = Math.ceil(pieces.length / 2);
    const quiet = { signal: context?.signal };
    const outcomes: Outcomes = [];
    for (const half of [pieces.slice(0, middle), pieces.slice(middle)]) {
      outcomes.push(
        ...(await append(half, quiet).catch((error: unknown) => half.map(() => failed(toDossierError(error))))),
      );
    }
    return outcomes;
  };

  const appendBatch = async (pieces: readonly Piece[], context: Context | undefined): Promise<Outcomes> => {
    const argument = {
      entries: pieces.map(entryOf),
      content_hash: hashOf(pieces),
    } satisfies files.UploadSessionAppendBatchArg;
    const answer = await api.upload('files/upload_session/append_batch', argument, bodyOf(pieces), info, context);
    const results = isRecord(answer) ? answer['entries'] : undefined;
    if (!Array.isArray(results) || results.length !== pieces.length)
      throw unknown(say`another number of answers than it got pieces`);
    const outcomes: Outcomes = [];
    for (const [index, piece] of pieces.entries()) {
      const result: unknown = results[index];
      const isSuccess = isRecord(result) && result['.tag'] === 'success';
      const failure = isRecord(result) ? result['failure'] : undefined;
      outcomes.push(
        isSuccess
          ? received(piece)
          : await settle(piece, entryError(failure, { operation: 'append' }, 'session'), context),
      );
    }
    return outcomes;
  };

  const appendOne = async (piece: Piece, context: Context | undefined): Promise<Outcome<UploadSession>> => {
    const { cursor, close } = entryOf(piece);
    return send(piece, cursor, close, piece.bytes, piece.contentHash, context).catch((error: unknown) => {
      // Only what Dropbox itself says of the session settles anything; the rest is for whoever repeats.
      if (!isDossierError(error) || error.status !== 409) throw error;
      return settle(piece, error, context);
    });
  };

  const send = async (
    piece: Piece,
    cursor: files.UploadSessionCursor,
    close: boolean,
    bytes: Uint8Array,
    contentHash: string,
    context: Context | undefined,
  ): Promise<Outcome<UploadSession>> => {
    const argument = { cursor, close, content_hash: contentHash } satisfies files.UploadSessionAppendArg;
    await api.upload('files/upload_session/append_v2', argument, bytes, info, context);
    return received(piece);
  };

  /**
   * The chunk may have arrived although its answer did not. A closed session has it; an offset at the chunk's end has
   * it too, but may still have to be closed; one within it lacks the tail; any other is not ours to explain.
   */
  const settle = async (
    piece: Piece,
    error: DossierError,
    context: Context | undefined,
  ): Promise<Outcome<UploadSession>> => {
    if (error.code === 'already-exists') return received(piece);
    const { cursor, close } = entryOf(piece);
    const have = (error.expectedOffset ?? -1) - cursor.offset;
    if (error.code !== 'offset-mismatch' || have <= 0 || have > piece.bytes.length) return failed(error);
    const tail = piece.bytes.subarray(have);
    if (tail.length === 0 && !close) return received(piece);
    const rest = { ...cursor, offset: cursor.offset + have };
    return send(piece, rest, close, tail, contentHashOf(tail), { signal: context?.signal }).catch((thrown: unknown) => {
      if (!isDossierError(thrown)) throw thrown;
      return isDossierError(thrown, 'already-exists') ? received(piece) : failed(thrown);
    });
  };

  return append;
}

function entryOf(piece: Piece): files.UploadSessionAppendBatchArgEntry & { close: boolean } {
  const { session, index, bytes } = piece;
  return {
    cursor: { session_id: sessionId(session), offset: index * session.chunkSize },
    length: bytes.length,
    close: isClosing(piece),
  };
}

function received({ session, index }: Piece): Outcome<UploadSession> {
  return { ok: true, value: withReceived(session, index) };
}

function failed(error: DossierError): Outcome<UploadSession> {
  return { ok: false, error };
}

/** One after the other, without copying them together. */
function bodyOf(pieces: readonly Piece[]): SizedBody {
  return {
    size: pieces.reduce((sum, { bytes }) => sum + bytes.length, 0),
    async *open() {
      for (const { bytes } of pieces) yield bytes;
    },
  };
}

function hashOf(pieces: readonly Piece[]): string {
  const hasher = createContentHasher();
  for (const { bytes } of pieces) hasher.update(bytes);
  return hasher.digest().dropboxContentHash;
}

/** Too large a header or body, or a route that this server does not know. */
function isRefusedForm(error: unknown): boolean {
  return isDossierError(error) && [400, 404, 413, 431].includes(error.status ?? 0);
}
