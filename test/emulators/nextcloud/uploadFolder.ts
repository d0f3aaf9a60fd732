/** A chunked upload in progress, as both kinds of storage keep it. */
import type { Blob } from './blobs.ts';
import { freshEtag, now } from './tree.ts';

export interface Chunk {
  readonly blob: Blob;
  readonly etag: string;
  readonly mtime: number;
}

export interface UploadFolder {
  readonly name: string;
  readonly id: number;
  readonly etag: string;
  readonly mtime: number;
  /** Chunks that lie in the folder as files. */
  readonly chunks: Map<string, Chunk>;
  /** The temporary target of a multipart upload: no bytes of its own, a size as the file cache counts it. */
  target: { readonly id: number; size: number } | undefined;
  assembling: boolean;
}

/** A multipart upload at the object store, remembered by the cache and found by the upload folder's name. */
export interface Multipart {
  /** The destination that MKCOL was told, below the DAV root. */
  readonly destination: string;
  readonly parts: Map<number, Chunk>;
  aborted: boolean;
}

export function createUploadFolder(name: string, id: number): UploadFolder {
  return { name, id, etag: freshEtag(), mtime: now(), chunks: new Map(), target: undefined, assembling: false };
}

export const createChunk = (blob: Blob): Chunk => ({ blob, etag: freshEtag(), mtime: now() });

/** What the virtual `.file` claims to hold. */
export function futureSize(folder: UploadFolder): number {
  let size = folder.target?.size ?? 0;
  for (const chunk of folder.chunks.values()) size += chunk.blob.size;
  return size;
}

/** The server's natural order: digits count as numbers. */
const natural = new Intl.Collator('en', { numeric: true }).compare;

export function chunksInOrder(folder: UploadFolder): Chunk[] {
  return [...folder.chunks].sort(([a], [b]) => natural(a, b)).map(([, chunk]) => chunk);
}
