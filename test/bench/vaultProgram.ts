/** The vault at work: encrypts a file into another, or decrypts it. Run by `vault.ts`; prints one line of JSON. */
import { open } from 'node:fs/promises';
import { attachmentOf, createFileSources } from '../../extension/src/model/files/fileSources.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { createVault, parseKey } from '../../shared/index.ts';

const [how = '', key = '', from = '', to = ''] = process.argv.slice(2);
const vault = await createVault(parseKey(key));
const source = await createFileSources(nodeFiles).open(await attachmentOf(nodeFiles, from));
const started = performance.now();
const result =
  how === 'encrypt' ? await vault.sealSource(await vault.newHead(), source) : await vault.openSource(source);
const file = await open(to, 'w');
for await (const bytes of result.open()) await file.write(bytes);
await file.close();
process.stdout.write(
  JSON.stringify({ seconds: (performance.now() - started) / 1000, peakRss: process.resourceUsage().maxRSS * 1024 }),
);
