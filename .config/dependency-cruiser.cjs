/**
 * Who may call whom (design: core <- drive, state <- drives, upload, vault <- report, ledger, … <- index <- nodes,
 * extension).
 */
const layers = [
  ['core'],
  ['drive', 'state'],
  ['drives', 'upload', 'vault', 'metadata'],
  ['report', 'ledger', 'link', 'mirror', 'webhook', 'connection'],
  ['publication'],
  ['workspace'],
];
const shared = (names) => `^shared/(${names.join('|')})/`;

const downwardOnly = layers.slice(0, -1).map((layer, rank) => ({
  name: `${layer.join('-')}-looks-down-only`,
  severity: 'error',
  from: { path: shared(layer) },
  to: { path: shared(layers.slice(rank + 1).flat()) },
}));

/** Order of the rooms inside one folder: a room uses those of its own row and of the rows before it. */
const rooms = {
  'shared/ledger': [
    ['statement'],
    ['signing'],
    ['identity', 'log'],
    ['lookup'],
    ['receipt'],
    ['timestamp'],
    ['openLedger.ts', 'timestampStore.ts', 'recordReport.ts', 'rotateKeys.ts'],
    ['backends', 'verify', 'export'],
  ],
  'shared/report': [['model'], ['content'], ['deliver'], ['outbox']],
  'extension/src': [
    ['ui', 'node'],
    ['model'],
    ['services.ts'],
    ['kinds'],
    ['connections', 'ledger', 'reports/presentation'],
    ['reports/editor', 'reports/commands', 'links'],
    ['mirrors'],
    ['extension.ts'],
  ],
  'nodes': [
    ['fields', 'host'],
    ['Dossier', 'DossierTrigger'],
    ['DossierDropboxTrigger', 'DossierFolderTrigger'],
  ],
};
const inRooms = (folder, rows) => `^${folder}/(${rows.flat().join('|').replaceAll('.', '\\.')})(/|$)`;

const roomsInOrder = Object.entries(rooms).flatMap(([folder, rows]) =>
  rows.slice(0, -1).map((row, rank) => ({
    name: `${folder}/${row.join('-')}-looks-down-only`,
    severity: 'error',
    from: { path: inRooms(folder, row) },
    to: { path: inRooms(folder, rows.slice(rank + 1)) },
  })),
);

module.exports = {
  forbidden: [
    ...downwardOnly,
    ...roomsInOrder,
    {
      name: 'only-index-opens-shared',
      comment: 'Hosts and their credentials use the one door.',
      severity: 'error',
      from: { path: '^(nodes|credentials|extension)/' },
      to: { path: '^shared/', pathNot: '^shared/index\\.ts$' },
    },
    {
      name: 'nothing-in-shared-uses-the-door',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^shared/(index|testing)\\.ts$' },
    },
    {
      name: 'products-stay-apart',
      severity: 'error',
      from: { path: '^(nodes|credentials)/' },
      to: { path: '^extension/' },
    },
    {
      name: 'products-stay-apart-too',
      severity: 'error',
      from: { path: '^extension/' },
      to: { path: '^(nodes|credentials)/' },
    },
    {
      name: 'shared-is-host-free',
      severity: 'error',
      from: { path: '^shared/' },
      to: {
        path: '^(nodes|credentials|extension|test)/|^(vscode|n8n-workflow|n8n-core)$|node_modules/(vscode|n8n-workflow|n8n-core)/',
      },
    },
    {
      name: 'shared-has-no-node-builtins',
      severity: 'error',
      from: { path: '^shared/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'products-do-not-use-tests',
      severity: 'error',
      from: { path: '^(nodes|credentials|extension)/' },
      to: { path: '^test/' },
    },
    {
      name: 'drives-are-strangers',
      severity: 'error',
      from: { path: '^shared/drives/([^/]+)/' },
      to: { path: '^shared/drives/', pathNot: '^shared/drives/$1/' },
    },
    {
      name: 'only-connections-know-drives',
      severity: 'error',
      from: { path: '^shared/', pathNot: '^shared/(drives|connection)/|^shared/(index|testing)\\.ts$' },
      to: { path: '^shared/drives/' },
    },
    {
      name: 'report-and-ledger-are-strangers',
      severity: 'error',
      from: { path: '^shared/report/' },
      to: { path: '^shared/ledger/' },
    },
    {
      name: 'ledger-and-report-are-strangers',
      severity: 'error',
      from: { path: '^shared/ledger/' },
      to: { path: '^shared/report/' },
    },
    {
      name: 'drive-knows-no-state',
      severity: 'error',
      from: { path: '^shared/drive/' },
      to: { path: '^shared/state/' },
    },
    {
      name: 'emulators-share-no-code-with-what-they-test',
      severity: 'error',
      from: { path: '^test/emulators/(?!.*\\.test\\.ts$)' },
      to: { path: '^(shared|nodes|extension)/' },
    },
    {
      name: 'only-declared-packages',
      comment: 'A package that is only there because another one needs it can vanish or change with any update.',
      severity: 'error',
      from: { path: '^(shared|nodes|credentials|extension|test)/', pathNot: '^test/hosts/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined'], pathNot: '^vscode$|/@types/vscode/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^(shared|nodes|extension|test)/' },
      to: { circular: true },
    },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^vscode$' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build)/|/fixtures?/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
