/** The official SDK at work, as its documentation shows it. Run by `upload.ts`; prints one line of JSON. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Dropbox, fileUpload, uploadFile } from 'dropbox';

const [accessToken = '', source = ''] = process.argv.slice(2);
const client = new Dropbox({ accessToken });
const filesAtOnce = 4;

const names = await readdir(source);
const started = performance.now();
const left = [...names];
await Promise.all(
  Array.from({ length: filesAtOnce }, async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const path = join(source, name);
      const isLarge = (await stat(path)).size > 8 * 1024 * 1024;
      await uploadFile(
        client,
        await fileUpload(path),
        { path: `/Report/${name}` },
        isLarge ? { parallelUploads: 4 } : {},
      );
    }
  }),
);
process.stdout.write(JSON.stringify({ seconds: (performance.now() - started) / 1000 }));
