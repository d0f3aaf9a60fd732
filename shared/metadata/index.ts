/** What pictures and videos say of themselves: read, and removed. Uses nothing else, so that a host can load it late. */
export { readMetadata } from './readMetadata.ts';
export { proveRemoval, removeMetadata } from './removeMetadata.ts';
