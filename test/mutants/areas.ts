/**
 * What is changed, and the tests that have to notice: those of the place, as somebody runs them who works there. A row
 * names a folder or a file of `shared/`; the longest one that fits decides.
 */
export const areas: Readonly<Record<string, readonly string[]>> = {
  'upload': ['test/unit/upload', 'test/unit/report/submit.test.ts', 'test/unit/report/lostAnswer.test.ts'],
  'report': ['test/unit/report'],
  'report/check': ['test/unit/report/checkBag', 'test/unit/report/companions'],
  'report/outbox': ['test/unit/report/outbox', 'test/unit/report/copies'],
  'ledger': ['test/unit/ledger/', 'test/conformance/ledgerEmbedded'],
  'ledger/backends/datatrails': ['test/conformance/ledgerDatatrails', 'test/unit/ledgers'],
  'ledger/backends/rekor': ['test/conformance/ledgerRekor', 'test/unit/ledgers'],
  'ledger/lookup': ['test/unit/ledger/', 'test/unit/publication'],
  'link': ['test/unit/link'],
  'state': ['test/unit/state', 'test/conformance/stateOnDrive'],
  'state/memory.ts': ['test/conformance/stateMemory'],
  'vault': ['test/unit/vault', 'test/conformance/stateEncrypted', 'test/conformance/stateSealed'],
  'drives/dropbox': ['test/unit/dropbox', 'test/conformance/dropbox'],
  'drives/nextcloud': ['test/unit/nextcloud', 'test/conformance/nextcloud'],
  'drives/webdav': ['test/unit/webdav', 'test/unit/link/unread', 'test/conformance/webdav'],
  'drives/localFolder': ['test/conformance/localFolder'],
  'drives/memory': ['test/conformance/memory'],
};

/** The tests of a file below `shared/`; undefined for one of no area. */
export function testsOf(file: string): readonly string[] | undefined {
  const rows = Object.keys(areas).filter((row) => file === row || file.startsWith(`${row}/`));
  const nearest = rows.sort((one, other) => other.length - one.length)[0];
  return nearest === undefined ? undefined : areas[nearest];
}
