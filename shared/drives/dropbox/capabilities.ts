import { contentHashBlock } from '../../core/hashing.ts';
import type { Capabilities } from '../../drive/capabilities.ts';

const mebibyte = 1024 * 1024;

/**
 * Most bytes in the body of one request.
 * https://www.dropbox.com/developers/documentation/http/documentation#files-upload_session-append
 */
const maxRequest = 150 * mebibyte;

export const capabilities: Capabilities = {
  stableIds: true,
  writesById: true,
  caseSensitive: false,
  listedDigest: 'dropboxContentHash',
  changes: 'feed',
  longPoll: true,
  conditionalReplace: true,
  links: true,
  copy: true,
  upload: {
    maxFileSize: 2 ** 41 - 2 ** 22,
    maxSingle: 8 * mebibyte,
    sessions: true,
    connections: 8,
    chunksInFlight: 8,
    // The argument of `append_batch` rides in a header, about 140 bytes an entry; servers commonly take 16 KB of
    // headers, some 8 KB.
    piecesPerAppend: 40,
    maxAppend: maxRequest,
    sessionsPerCommit: 1000,
    inOrder: false,
    chunkMin: contentHashBlock,
    chunkSize: 8 * mebibyte,
    chunkMultiple: contentHashBlock,
    // With 148 MiB, the largest multiple of 4 MiB in a request, this reaches the largest file there may be.
    maxChunks: 16_384,
  },
};
