import type { IDataObject } from 'n8n-workflow';

/** Operations that no whole n8n runs in these tests, with the reason. */
export const inContextOnly: Readonly<Record<string, string>> = {
  'provenance.changeKey': 'the credential has to be changed between two runs, which n8n does by hand',
  'provenance.publish': 'it writes for a web server, which publishing.test.ts holds',
  'provenance.verifyPublished': 'it asks a web server, which publishing.test.ts holds',
  'provenance.verifyReceipt': 'it takes four files of somebody else, which receipts.test.ts makes',
};

/** One call of an operation for several items. What an item gives comes in by an expression in every field. */
export interface Step {
  readonly what: string;
  /** Choices of the form, which take no expressions. */
  readonly choices?: IDataObject;
  /** Of each item; `known` is what steps before gave. */
  readonly items: (known: ReadonlyMap<string, IDataObject[]>) => readonly IDataObject[];
  /** Fields that locate something, with the way in which. */
  readonly locators?: Readonly<Record<string, 'path' | 'id'>>;
  /** The field of an item whose text comes as a binary file, `data`. */
  readonly content?: string;
  /** What each item has to lead to. */
  readonly leadsTo: (item: IDataObject, index: number) => IDataObject;
}

const each = (count: number, item: (index: number) => IDataObject) => () =>
  Array.from({ length: count }, (_, index) => item(index));
const once = (item: IDataObject) => () => [item];
const all = { returnAll: true };
const stored = (name: string) => (known: ReadonlyMap<string, IDataObject[]>) => [
  { report: known.get('report.saveDraft')![0]![name]! },
];
const report = { report: 'id' } as const;

/** In this order, on one account that is empty at first. */
export const steps: readonly Step[] = [
  {
    what: 'folder.create',
    items: each(20, (index) => ({ path: '/', name: `F${index}` })),
    locators: { path: 'path' },
    leadsTo: (_item, index) => ({ path: `/F${index}` }),
  },
  {
    what: 'file.upload',
    choices: { what: 'text' },
    items: each(20, (index) => ({ text: `text ${index}`, textName: `n${index}.txt`, folder: `/F${index}` })),
    locators: { folder: 'path' },
    leadsTo: (_item, index) => ({ state: 'uploaded', path: `/F${index}/n${index}.txt` }),
  },
  {
    what: 'file.list',
    choices: all,
    items: each(20, (index) => ({ path: `/F${index}` })),
    locators: { path: 'path' },
    leadsTo: (_item, index) => ({ name: `n${index}.txt` }),
  },
  {
    what: 'file.search',
    choices: all,
    items: each(3, (index) => ({ query: `N${index}.TXT`, path: '/' })),
    locators: { path: 'path' },
    leadsTo: (_item, index) => ({ path: `/F${index}/n${index}.txt` }),
  },
  {
    what: 'file.copy',
    items: each(20, (index) => ({ path: `/F${index}/n${index}.txt`, folder: '/F0', name: `c${index}.txt` })),
    locators: { path: 'path', folder: 'path' },
    leadsTo: (_item, index) => ({ path: `/F0/c${index}.txt` }),
  },
  {
    what: 'file.move',
    items: each(20, (index) => ({ path: `/F0/c${index}.txt`, folder: '/F1', name: `m${index}.txt` })),
    locators: { path: 'path', folder: 'path' },
    leadsTo: (_item, index) => ({ path: `/F1/m${index}.txt` }),
  },
  {
    what: 'file.rename',
    items: each(20, (index) => ({ path: `/F1/m${index}.txt`, newName: `r${index}.txt` })),
    locators: { path: 'path' },
    leadsTo: (_item, index) => ({ path: `/F1/r${index}.txt` }),
  },
  {
    what: 'file.getLink',
    items: each(20, (index) => ({ path: `/F1/r${index}.txt` })),
    locators: { path: 'path' },
    leadsTo: ({ path }) => ({ path: path! }),
  },
  {
    what: 'file.get',
    items: each(20, (index) => ({ path: `/F1/r${index}.txt` })),
    locators: { path: 'path' },
    leadsTo: ({ path }) => ({ path: path!, type: 'file' }),
  },
  {
    what: 'file.download',
    items: each(20, (index) => ({ path: `/F1/r${index}.txt`, field: 'data' })),
    locators: { path: 'path' },
    leadsTo: ({ path }) => ({ path: path! }),
  },
  {
    what: 'file.delete',
    items: each(20, (index) => ({ path: `/F1/r${index}.txt` })),
    locators: { path: 'path' },
    leadsTo: ({ path }) => ({ deleted: true, path: path! }),
  },
  {
    what: 'folder.list',
    choices: all,
    items: once({ path: '/F2' }),
    locators: { path: 'path' },
    leadsTo: () => ({ path: '/F2/n2.txt' }),
  },
  {
    what: 'folder.copy',
    items: once({ path: '/F2', folder: '/F3', name: 'copy' }),
    locators: { path: 'path', folder: 'path' },
    leadsTo: () => ({ path: '/F3/copy' }),
  },
  {
    what: 'folder.move',
    items: once({ path: '/F3/copy', folder: '/F4', name: 'moved' }),
    locators: { path: 'path', folder: 'path' },
    leadsTo: () => ({ path: '/F4/moved' }),
  },
  {
    what: 'folder.rename',
    items: once({ path: '/F4/moved', newName: 'renamed' }),
    locators: { path: 'path' },
    leadsTo: () => ({ path: '/F4/renamed' }),
  },
  {
    what: 'folder.getLink',
    items: once({ path: '/F4/renamed' }),
    locators: { path: 'path' },
    leadsTo: () => ({ path: '/F4/renamed' }),
  },
  {
    what: 'folder.download',
    choices: { as: 'zip' },
    items: once({ path: '/F4' }),
    locators: { path: 'path' },
    leadsTo: () => ({ path: '/F4', files: 2 }),
  },
  {
    what: 'folder.upload',
    choices: { what: 'binary' },
    content: 'text',
    items: each(20, (index) => ({
      text: `text ${index}`,
      relativePath: `in/u${index}.txt`,
      fields: 'data',
      folder: '/F9',
    })),
    locators: { folder: 'path' },
    leadsTo: ({ relativePath }) => ({ state: 'uploaded', path: `/F9/${String(relativePath)}` }),
  },
  {
    what: 'folder.exportBag',
    choices: { bagTo: 'binary', record: false },
    items: once({ path: '/F4' }),
    locators: { path: 'path' },
    leadsTo: () => ({ path: '/F4', bag: 'F4.zip', files: 2 }),
  },
  {
    what: 'folder.delete',
    items: once({ path: '/F4/renamed' }),
    locators: { path: 'path' },
    leadsTo: () => ({ deleted: true }),
  },
  { what: 'key.create', items: once({}), leadsTo: () => ({}) },
  {
    what: 'report.saveDraft',
    items: each(2, (index) => ({ title: `Draft ${index}`, description: 'x', attachments: '' })),
    leadsTo: ({ title }) => ({ title: title!, state: 'draft' }),
  },
  {
    what: 'report.getMany',
    choices: { ...all, place: 'drafts' },
    items: once({}),
    leadsTo: () => ({ state: 'draft' }),
  },
  { what: 'report.get', items: stored('report'), locators: report, leadsTo: () => ({ title: 'Draft 0' }) },
  {
    what: 'report.updateDraft',
    choices: { changes: { description: 'changed' } },
    items: stored('report'),
    locators: report,
    leadsTo: () => ({ description: 'changed' }),
  },
  {
    what: 'report.submitLater',
    choices: { what: 'stored' },
    items: stored('report'),
    locators: report,
    leadsTo: () => ({ state: 'queued' }),
  },
  { what: 'report.resume', items: stored('report'), locators: report, leadsTo: () => ({ state: 'sending' }) },
  { what: 'report.pause', items: stored('report'), locators: report, leadsTo: () => ({ state: 'paused' }) },
  { what: 'report.getStatus', items: stored('report'), locators: report, leadsTo: () => ({ place: 'outbox' }) },
  { what: 'report.cancel', items: stored('report'), locators: report, leadsTo: () => ({ state: 'draft' }) },
  { what: 'report.export', items: stored('report'), locators: report, leadsTo: () => ({ title: 'Draft 0' }) },
  { what: 'report.delete', items: stored('report'), locators: report, leadsTo: () => ({ deleted: true }) },
  {
    what: 'report.submit',
    choices: { what: 'new', record: false },
    items: each(20, (index) => ({ title: `R${index}`, description: 'x', attachments: '', folder: '/F5' })),
    locators: { folder: 'path' },
    leadsTo: (_item, index) => ({ state: 'submitted', path: `/F5/R${index}` }),
  },
  {
    what: 'provenance.linkFolder',
    choices: { hashPolicy: '', privacy: 'public' },
    items: once({ folder: '/F6' }),
    locators: { folder: 'path' },
    leadsTo: () => ({ folder: '/F6', files: 1 }),
  },
  { what: 'provenance.getLinkedFolders', items: once({}), leadsTo: () => ({ folder: '/F6' }) },
  {
    what: 'provenance.getManyAssets',
    choices: all,
    items: once({ link: '/F6' }),
    locators: { link: 'path' },
    leadsTo: () => ({ path: '/F6/n6.txt' }),
  },
  {
    what: 'provenance.getAsset',
    items: (known) => [{ asset: known.get('provenance.getManyAssets')![0]!['asset']! }],
    leadsTo: () => ({ path: '/F6/n6.txt', deleted: false }),
  },
  {
    what: 'provenance.verify',
    choices: { subject: 'path' },
    items: once({ path: '/F6/n6.txt' }),
    locators: { path: 'path' },
    leadsTo: () => ({ known: true }),
  },
  {
    what: 'provenance.getReceipt',
    choices: { subject: 'path' },
    items: once({ path: '/F6/n6.txt' }),
    locators: { path: 'path' },
    leadsTo: () => ({}),
  },
  {
    what: 'provenance.exportHistory',
    choices: { subject: 'path', disclose: [] },
    items: once({ path: '/F6/n6.txt', asset: '' }),
    locators: { path: 'path' },
    leadsTo: () => ({}),
  },
  {
    what: 'provenance.recordCustody',
    choices: { subject: 'path', event: 'HandOver' },
    items: each(2, (index) => ({
      path: '/F6/n6.txt',
      holder: `Office ${index}`,
      reason: 'x',
      happenedAt: '2026-05-01',
    })),
    locators: { path: 'path' },
    leadsTo: () => ({ event: 'HandOver', version: 1 }),
  },
  {
    what: 'file.upload',
    choices: { what: 'text' },
    items: once({ text: 'late', textName: 'late.txt', folder: '/F6' }),
    locators: { folder: 'path' },
    leadsTo: () => ({ state: 'uploaded' }),
  },
  {
    what: 'provenance.recordChanges',
    choices: { sweep: false },
    items: once({ link: '/F6' }),
    locators: { link: 'path' },
    leadsTo: () => ({ path: '/F6/late.txt' }),
  },
  { what: 'provenance.audit', items: once({}), leadsTo: () => ({ whole: true }) },
  {
    what: 'provenance.unlinkFolder',
    items: once({ link: '/F6' }),
    locators: { link: 'path' },
    leadsTo: () => ({ folder: '/F6' }),
  },
  { what: 'provenance.disconnect', choices: { revoke: false }, items: once({}), leadsTo: () => ({}) },
];
