import { type IBinaryData, type IExecuteFunctions, type INodeExecutionData, isBinaryValue } from 'n8n-workflow';
import { type ByteSource, DossierError, say } from '../../shared/index.ts';

/** A file that came into the node, as n8n describes it and as the core reads it. */
export interface BinaryFile {
  /** The field of the item that holds it. */
  readonly field: string;
  readonly name: string;
  readonly mediaType: string;
  readonly source: ByteSource;
  /** As n8n hands it from node to node. */
  readonly binary: IBinaryData;
}

const pieceSize = 256 * 1024;

/**
 * The files of an item: those named in `wanted` (a comma-separated list, or binary objects from an expression), or all
 * of them when it is empty. A name that the item does not have is `source-missing`.
 */
export async function binaryFiles(
  context: IExecuteFunctions,
  itemIndex: number,
  wanted: unknown,
): Promise<BinaryFile[]> {
  const item = context.getInputData()[itemIndex];
  const objects = [wanted].flat().filter(isBinaryValue);
  if (objects.length > 0)
    return Promise.all(objects.map((binary, index) => binaryFile(context, `file ${index + 1}`, binary)));
  const present = fieldsOf(item);
  const named = String(wanted ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const missing = named.find((name) => !present.includes(name) && !name.includes('.'));
  if (missing !== undefined) {
    const known = present.length > 0 ? `It has: ${present.join(', ')}` : 'It has none at all';
    throw new DossierError('source-missing', say`Item ${itemIndex} has no binary field "${missing}". ${known}`);
  }
  return Promise.all(
    (named.length > 0 ? named : present).map((field) =>
      binaryFile(context, field, context.helpers.assertBinaryData(itemIndex, field)),
    ),
  );
}

/** Names of an item's binary fields; in n8n's combined mode they lie among the JSON. */
function fieldsOf(item: INodeExecutionData | undefined): string[] {
  const inJson = Object.entries(item?.json ?? {})
    .filter(([, value]) => isBinaryValue(value))
    .map(([name]) => name);
  return [...Object.keys(item?.binary ?? {}), ...inJson];
}

async function binaryFile(context: IExecuteFunctions, field: string, binary: IBinaryData): Promise<BinaryFile> {
  return {
    field,
    name: nameOf(binary) ?? `${field}${extensionOf(binary)}`,
    mediaType: binary.mimeType,
    source: await binarySource(context, binary),
    binary,
  };
}

/** n8n gives a file without a name now none, now an empty one. */
function nameOf({ fileName }: IBinaryData): string | undefined {
  return fileName === undefined || fileName.trim() === '' ? undefined : fileName;
}

const extensions: Readonly<Record<string, string>> = {
  'application/json': 'json',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'audio/mpeg': 'mp3',
  'image/gif': 'gif',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'image/webp': 'webp',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/plain': 'txt',
  'video/mp4': 'mp4',
};

/** With the dot; empty where neither n8n nor the media type tells one. */
function extensionOf({ fileExtension, mimeType }: IBinaryData): string {
  const known = fileExtension || extensions[(mimeType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''];
  return known ? `.${known}` : '';
}

/** n8n keeps a binary under an id in its store, or, when it has none, within the item itself. */
async function binarySource(context: IExecuteFunctions, binary: IBinaryData): Promise<ByteSource> {
  const { id } = binary;
  if (id === undefined) return sourceInItem(Buffer.from(binary.data, 'base64'));
  const size = binary.bytes ?? (await sizeInStore(context, id, binary));
  return {
    size,
    fingerprint: async () => `n8n:${size}`,
    async *open({ start = 0, end = size } = {}) {
      let at = 0;
      for await (const piece of await openInStore(context, id, binary)) {
        const wanted = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
        at += piece.length;
        if (wanted.length > 0) yield wanted;
        if (at >= end) return;
      }
      if (at < end)
        throw new DossierError('source-changed', say`"${nameOf(binary) ?? id}" ended after ${at} of ${size} bytes`);
    },
  };
}

function sourceInItem(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    fingerprint: async () => `n8n:${bytes.length}`,
    async *open({ start = 0, end = bytes.length } = {}) {
      if (end > start) yield bytes.subarray(start, end);
    },
  };
}

/** n8n removes old binaries with their executions; a report that waited too long finds its files gone. */
async function openInStore(
  context: IExecuteFunctions,
  id: string,
  binary: IBinaryData,
): Promise<AsyncIterable<Uint8Array>> {
  return context.helpers.getBinaryStream(id, pieceSize).catch((cause: unknown) => Promise.reject(gone(binary, cause)));
}

async function sizeInStore(context: IExecuteFunctions, id: string, binary: IBinaryData): Promise<number> {
  const { fileSize } = await context.helpers
    .getBinaryMetadata(id)
    .catch((cause: unknown) => Promise.reject(gone(binary, cause)));
  return fileSize;
}

function gone(binary: IBinaryData, cause: unknown): DossierError {
  return new DossierError('source-missing', say`n8n no longer has the file "${nameOf(binary) ?? 'without a name'}"`, {
    cause,
  });
}
