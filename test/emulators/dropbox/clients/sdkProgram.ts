/**
 * The official SDK at work, knowing nothing of an emulator: it calls the real hosts of Dropbox, and only the proxy and
 * the certificate authority in its environment lead it elsewhere. Run by `sdk.test.ts`; prints one line of JSON.
 */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Dropbox, downloadFile, fileUpload, readerUpload, uploadFile } from 'dropbox';

const [accessToken = '', source = '', target = ''] = process.argv.slice(2);
const client = new Dropbox({ accessToken });
const chunkSize = 4 * 1024 * 1024;

const account = await client.usersGetCurrentAccount();
const sequential = await uploadFile(client, await fileUpload(source), { path: '/sdk/sequential.bin' }, { chunkSize });
const parallel = await uploadFile(
  client,
  await fileUpload(source),
  { path: '/sdk/parallel.bin' },
  { chunkSize, parallelUploads: 4 },
);
const streamed = await uploadFile(
  client,
  readerUpload(createReadStream(source)),
  { path: '/sdk/streamed.bin' },
  { chunkSize },
);
const small = await client.filesUpload({ path: '/sdk/größe 😀.txt', contents: 'small' });
const listed = await client.filesListFolder({ path: '/sdk', limit: 2 });
const rest = await client.filesListFolderContinue({ cursor: listed.result.cursor });
const missing = await client.filesGetMetadata({ path: '/sdk/none' }).catch((error: { error: unknown }) => error.error);
const down = await downloadFile(client, '/sdk/parallel.bin', target, { parallelDownloads: 4 });

process.stdout.write(
  `${JSON.stringify({
    account: account.result.account_id,
    hashes: [sequential, parallel, streamed].map((each) => each.metadata.content_hash),
    small: small.result.name,
    names: [...listed.result.entries, ...rest.result.entries].map((entry) => entry.name),
    missing,
    downloaded: [down.metadata.size, (await stat(target)).size],
  })}\n`,
);
