import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packedExtension } from './packed.ts';

/** Reading code is most of what the start of an extension costs. */
const mostAtStart = 600_000;

it('reads little code when the editor starts', async () => {
  await packedExtension();
  const { size } = await stat(join(import.meta.dirname, '../../extension/dist/extension.js'));
  expect(size).toBeLessThanOrEqual(mostAtStart);
});
