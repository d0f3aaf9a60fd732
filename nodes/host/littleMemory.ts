import type { Drive } from '../../shared/index.ts';

const mebibyte = 1024 * 1024;
const longestChunk = 4 * mebibyte;
const mostConnections = 6;

/**
 * A drive whose uploads hold less at a time: n8n runs many workflows in one process, and what is under way lies in
 * memory twice, here and in the encrypted connection.
 */
export function inLittleMemory(drive: Drive): Drive {
  return Object.create(drive, {
    capabilities: {
      enumerable: true,
      get() {
        const { upload, ...rest } = drive.capabilities;
        const { chunkMin, chunkSize, connections } = upload;
        return {
          ...rest,
          upload: {
            ...upload,
            chunkSize: Math.max(chunkMin, Math.min(chunkSize, longestChunk)),
            connections: Math.min(connections, mostConnections),
          },
        };
      },
    },
  }) as Drive;
}
