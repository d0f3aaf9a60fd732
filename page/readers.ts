import type { TileReader } from '../shared/ledger/verify/verifyInTiles.ts';

const largestFile = 40_000_000;

/** The published files beside this page, each asked for anew once a session. */
export function besidePage(): TileReader | undefined {
  if (!/^https?:$/.test(location.protocol)) return undefined;
  return async (path) => {
    const response = await fetch(new URL(path, location.href), {
      // What is named by its content never changes; what is not must not come out of a cache.
      cache: /^(?:lookup|tile)\//.test(path) ? 'default' : 'no-store',
      credentials: 'same-origin',
      redirect: 'follow',
    });
    if (response.status === 404 || response.status === 410) return undefined;
    if (!response.ok) throw new TypeError(`${path}: ${response.status} ${response.statusText}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length > largestFile) throw new TypeError(`${path}: ${bytes.length} bytes`);
    return bytes;
  };
}

/** The published files in a folder that somebody has downloaded and chosen here. */
export function inFolder(files: Iterable<File>): TileReader {
  const known = new Map<string, File>();
  for (const file of files) known.set(file.webkitRelativePath.split('/').slice(1).join('/'), file);
  // Archives are often unpacked into a folder of their own.
  const head = [...known.keys()].find((path) => path === 'ledger.json' || path.endsWith('/ledger.json')) ?? '';
  const base = head.slice(0, head.length - 'ledger.json'.length);
  return async (path) => {
    const file = known.get(base + path);
    return file && new Uint8Array(await file.arrayBuffer());
  };
}
