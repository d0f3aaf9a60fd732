import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createKey, createVault, parseKey } from '../../shared/index.ts';
import { ensureDebian } from '../hosts/debian.ts';
import { node24 } from '../hosts/node24.ts';
import type { Bench } from './bench.ts';

const mebibyte = 1024 ** 2;
const size = 512 * mebibyte;
const large = 4096 * mebibyte;
const rounds = 3;
const run = promisify(execFile);

/**
 * Encryption and decryption of a file beside Debian's `age` on the same file, best of each in turns; and the memory
 * that 4 GiB need.
 */
export const bench: Bench = {
  floors: { encrypt_ratio: { atLeast: 0.2 }, decrypt_ratio: { atLeast: 0.2 }, large_extra_mib: { atMost: 64 } },
  async measure(log) {
    await ensureDebian(['age']);
    const folder = await mkdtemp(join(tmpdir(), 'bench-vault-'));
    const [plain, sealed, opened, identity] = ['plain', 'sealed.age', 'opened', 'identity'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    const key = createKey();
    const ours = async (how: 'encrypt' | 'decrypt', from: string, to: string) => {
      const { stdout } = await run(node24, [join(import.meta.dirname, 'vaultProgram.ts'), how, key, from, to]);
      return JSON.parse(stdout) as { seconds: number; peakRss: number };
    };
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const started = performance.now();
      await work();
      return (performance.now() - started) / 1000;
    };
    try {
      await writeFile(identity, `${(await createVault(parseKey(key))).identity}\n`, { mode: 0o600 });
      const recipient = (await run('age-keygen', ['-y', identity])).stdout.trim();
      const file = await open(plain, 'w');
      for (let at = 0; at < size; at += 16 * mebibyte) await file.write(randomBytes(16 * mebibyte));
      await file.close();
      const best = { encrypt: Infinity, decrypt: Infinity, ageEncrypt: Infinity, ageDecrypt: Infinity };
      for (let round = 0; round < rounds; round++) {
        best.encrypt = Math.min(best.encrypt, (await ours('encrypt', plain, sealed)).seconds);
        best.ageDecrypt = Math.min(
          best.ageDecrypt,
          await timed(() => run('age', ['-d', '-i', identity, '-o', opened, sealed])),
        );
        await run('cmp', [plain, opened]);
        best.ageEncrypt = Math.min(
          best.ageEncrypt,
          await timed(() => run('age', ['-r', recipient, '-o', sealed, plain])),
        );
        best.decrypt = Math.min(best.decrypt, (await ours('decrypt', sealed, opened)).seconds);
        await run('cmp', [plain, opened]);
      }
      log(
        Object.entries(best)
          .map(([name, seconds]) => `${name} ${seconds.toFixed(2)} s`)
          .join(', '),
      );
      // A file of holes takes no room; what is measured is memory beyond that of the same program on an empty file.
      await truncate(plain, 0);
      const idle = (await ours('encrypt', plain, sealed)).peakRss;
      await truncate(plain, large);
      const busy = (await ours('encrypt', plain, '/dev/null')).peakRss;
      const rounded = (value: number) => Math.round(value * 100) / 100;
      return {
        encrypt_ratio: rounded(best.ageEncrypt / best.encrypt),
        decrypt_ratio: rounded(best.ageDecrypt / best.decrypt),
        encrypt_mib_per_s: Math.round(size / mebibyte / best.encrypt),
        decrypt_mib_per_s: Math.round(size / mebibyte / best.decrypt),
        large_extra_mib: Math.round((busy - idle) / mebibyte),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
