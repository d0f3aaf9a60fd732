import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesSource, createKey, createVault, parseKey, readBytes, utf8, type Vault } from '../../../shared/index.ts';
import { portableAead, runtimeAead } from '../../../shared/vault/aead.ts';
import { runCommand } from '../../hosts/command.ts';
import { ensureDebian } from '../../hosts/debian.ts';
import { seededBytes } from '../../support/seeded.ts';

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const chunk = 64 * 1024;
const sizes = [0, 1, 15, 16, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 77];

describe('vault', () => {
  let vault: Vault;
  beforeAll(async () => {
    vault = await createVault(parseKey(createKey()));
  });

  test.each(sizes)('%d bytes come back as they were', async (size) => {
    const plain = seededBytes(size, `size ${size}`);
    expect(same(await vault.open(await vault.seal(plain)), plain)).toBe(true);
  });

  test('any range of an object and of its content can be read alone', async () => {
    const plain = seededBytes(3 * chunk + 1000, 'ranges');
    const object = await vault.sealSource(await vault.newHead(), bytesSource(plain));
    const whole = await readBytes(object.open(), object.size);
    expect(whole.length).toBe(object.size);
    const content = await vault.openSource(bytesSource(whole));
    expect(content.size).toBe(plain.length);
    const edges = fc.oneof(
      fc.nat(object.size),
      fc.constantFrom(0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, plain.length, whole.length),
    );
    await fc.assert(
      fc.asyncProperty(edges, edges, async (a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a];
        expect(same(await readBytes(object.open({ start, end }), object.size), whole.subarray(start, end))).toBe(true);
        expect(
          same(
            await readBytes(content.open({ start, end: Math.min(end, plain.length) }), object.size),
            plain.subarray(start, end),
          ),
        ).toBe(true);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test('an object that lost its end, or any bit, is state-corrupt', async () => {
    const sealed = await vault.seal(seededBytes(chunk + 100, 'damage'));
    for (const length of [0, 10, 100, 200, 216, chunk, chunk + 16 + 216, sealed.length - 1]) {
      await expect(vault.open(sealed.slice(0, length))).rejects.toMatchObject({ code: 'state-corrupt' });
    }
    for (const at of [0, 30, 60, 100, 190, 205, 300, chunk, sealed.length - 1]) {
      const flipped = sealed.slice();
      flipped[at]! ^= 1;
      await expect(vault.open(flipped), `bit at ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/state-corrupt|vault-locked/) as string,
      });
    }
    const longer = new Uint8Array([...sealed, 0]);
    await expect(vault.open(longer)).rejects.toMatchObject({ code: 'state-corrupt' });
  });

  test.each([0, 1])('a share that is a point of low order (%d) is refused as damage', async (point) => {
    const sealed = Buffer.from(await vault.seal(utf8('x'))).toString('latin1');
    const share = Buffer.concat([Buffer.from([point]), Buffer.alloc(31)])
      .toString('base64')
      .slice(0, -1);
    const forged = sealed.replace(/-> X25519 \S+/, `-> X25519 ${share}`);
    expect(forged).not.toBe(sealed);
    await expect(vault.open(Buffer.from(forged, 'latin1'))).rejects.toMatchObject({ code: 'state-corrupt' });
  });

  test('another key does not open it, and says so', async () => {
    const other = await createVault(parseKey(createKey()));
    await expect(other.open(await vault.seal(utf8('mine')))).rejects.toMatchObject({ code: 'vault-locked' });
  });

  test('a source that shrinks or grows while it is sealed is noticed', async () => {
    const plain = seededBytes(chunk + 5, 'shrinks');
    for (const size of [plain.length - 1, plain.length + 1]) {
      const readInto = async (start: number, into: Uint8Array) => {
        const bytes = plain.subarray(start, start + into.length);
        into.set(bytes);
        return bytes.length;
      };
      for (const how of [{}, { readInto }]) {
        const object = await vault.sealSource(await vault.newHead(), { ...bytesSource(plain), size, ...how });
        await expect(readBytes(object.open(), 2 ** 20)).rejects.toMatchObject({ code: 'source-changed' });
      }
    }
  });

  test('the cipher of the runtime and the portable one are the same', () => {
    const key = seededBytes(32, 'key');
    const nonce = seededBytes(12, 'nonce');
    for (const size of sizes) {
      const plain = seededBytes(size, 'plain');
      const sealed = Buffer.concat(runtimeAead.seal(key, nonce, plain));
      expect(Buffer.concat(portableAead.seal(key, nonce, plain)).equals(sealed)).toBe(true);
      for (const aead of [runtimeAead, portableAead]) expect(same(aead.open(key, nonce, sealed), plain)).toBe(true);
      sealed[0]! ^= 1;
      expect(() => runtimeAead.open(key, nonce, sealed)).toThrow(expect.objectContaining({ code: 'state-corrupt' }));
      expect(() => portableAead.open(key, nonce, sealed)).toThrow(expect.objectContaining({ code: 'state-corrupt' }));
    }
  });
});

describe("the vault and Debian's age", () => {
  const folder = mkdtempSync(join(tmpdir(), 'dossier-age-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(() => ensureDebian(['age']));

  test('age -d opens what the vault seals, and the vault opens what age seals', async () => {
    const vault = await createVault(parseKey(createKey()));
    const identity = join(folder, 'identity');
    writeFileSync(identity, `${vault.identity}\n`, { mode: 0o600 });
    const recipient = (await runCommand('age-keygen', ['-y', identity])).trim();
    for (const size of sizes) {
      const plain = seededBytes(size, `age ${size}`);
      const [sealed, opened, theirs] = ['sealed.age', 'opened', 'theirs.age'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(sealed, await vault.seal(plain));
      await runCommand('age', ['-d', '-i', identity, '-o', opened, sealed]);
      // For an empty content this age makes no file.
      expect(same(existsSync(opened) ? readFileSync(opened) : new Uint8Array(), plain)).toBe(true);
      writeFileSync(opened, plain);
      await runCommand('age', ['-r', recipient, '-o', theirs, opened]);
      expect(same(await vault.open(new Uint8Array(readFileSync(theirs))), plain)).toBe(true);
      for (const path of [sealed, opened, theirs]) rmSync(path);
    }
  });
});
