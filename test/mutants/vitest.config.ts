import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeConfig } from 'vitest/config';
import usual from '../../.config/vitest.config.ts';
import type { Mutant } from './mutate.ts';

const mutant = JSON.parse(process.env['DOSSIER_MUTANT'] ?? '{}') as Partial<Mutant>;
const place = mutant.file === undefined ? undefined : join(import.meta.dirname, '..', '..', 'shared', mutant.file);

/** The tests, with one place of the product written otherwise. The changed source is in no file. */
export default mergeConfig(usual, {
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      load(id: string) {
        if (place === undefined || id.split('?')[0] !== place) return undefined;
        const source = readFileSync(place, 'utf8');
        return source.slice(0, mutant.start) + mutant.to + source.slice(mutant.end);
      },
    },
  ],
  // A file that is written otherwise must not be remembered, by this run or by others.
  test: { bail: 1, retry: 0, maxWorkers: 1, reporters: ['dot'], fsModuleCache: false },
});
