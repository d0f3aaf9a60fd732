import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseReceipt, sha256Hex } from '../../../shared/index.ts';
import { openAddress } from '../../crash/killAddress.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { runCommand } from '../command.ts';
import { ensureCosign } from '../cosign.ts';
import { type Board, emptyBoard, type Proofs } from './board.ts';
import { makeProofs } from './proofs.ts';
import { type Opening, startOpening } from './server.ts';

const asIs = { http: <T>(port: T): T => port, files: <T>(port: T): T => port };
let folder: string;
let dropbox: DropboxEmulator;
let board: Board;
let proofs: Proofs;
let opening: Opening;
let changes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-opening-'));
  dropbox = await startDropboxEmulator();
  dropbox.files.seed([{ path: '/Reports/Flood & <mill>/über.txt', size: 5 }]);
  await writeFile(join(folder, 'photo.jpg'), 'a photo, of sorts');
  const example = {
    title: 'Flood',
    description: 'Water',
    files: [{ path: join(folder, 'photo.jpg'), mediaType: 'image/jpeg' }],
  };
  proofs = await makeProofs(example, join(folder, 'proofs'));
  board = emptyBoard();
  board.proofs = proofs;
  board.running.push({ name: 'Dropbox emulator', facts: [['access token', dropbox.token]], pid: process.pid });
  board.folders.set('dropbox', {
    name: 'Dropbox',
    about: 'What arrives',
    drive: openAddress({ kind: 'dropbox', url: dropbox.url, token: dropbox.token, chunkSize: 2 ** 20 }, asIs),
  });
  board.linked = { change: async () => void changes++, changes: async () => [] };
  opening = await startOpening(board, 0);
});

afterAll(async () => {
  await opening.close();
  await dropbox.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (path: string, init?: RequestInit) => fetch(new URL(path, opening.url), init);
const text = async (path: string) => (await get(path)).text();

test('shows what is running, with its memory and what is needed to use it, and how to stop it', async () => {
  const page = await text('/');
  expect(page).toContain(dropbox.token);
  expect(page).toMatch(/<span class="memory">\d+ MB<\/span>/);
  expect(page).toContain('<kbd>Ctrl</kbd>+<kbd>C</kbd>');
  expect(page).toContain('Preparing …');
});

test('shows the folders of an emulator and their files, whatever their names', async () => {
  const top = await text('/files/dropbox/');
  expect(top).toContain('<a href="Reports/">Reports/</a>');
  const reports = await text('/files/dropbox/Reports/');
  expect(reports).toContain('Flood &amp; &lt;mill&gt;/</a>');
  const [, href] = /<a href="([^"]*mill[^"]*)"/.exec(reports) as unknown as [string, string];
  expect(await text(`/files/dropbox/Reports/${href}`)).toContain('über.txt</a></td><td>5 bytes');
  const file = await get(`/files/dropbox/Reports/${href}${encodeURIComponent('über.txt')}`);
  expect(file.headers.get('content-security-policy')).toBe('sandbox');
  expect(Buffer.from(await file.arrayBuffer())).toEqual(await dropbox.files.read('/Reports/Flood & <mill>/über.txt'));
  expect((await get('/files/dropbox/gone.txt')).status).toBe(404);
});

test('gives nothing that lies outside, to nobody from elsewhere', async () => {
  for (const path of ['/proofs/..%2f..%2fphoto.jpg', '/proofs/%2fetc%2fpasswd', '/published/..%2ffiles%2fphoto.jpg'])
    expect((await get(path)).status, path).toBe(404);
  expect((await get('/change', { method: 'POST', headers: { origin: 'http://evil.example' } })).status).toBe(403);
  expect((await get('/change', { method: 'POST' })).status).toBe(403);
  expect(changes).toBe(0);
  const own = { method: 'POST', headers: { origin: new URL(opening.url).origin } };
  expect((await get('/change', own)).status).toBe(204);
  expect(changes).toBe(1);
});

test('the receipt is genuine, and cosign refuses the copy in which a byte was changed', async () => {
  const cosign = await ensureCosign();
  const verify = (name: string) =>
    runCommand(
      cosign,
      [
        ...['verify-blob-attestation', '--key', 'statement-key.pem', '--bundle', 'dossier.sigstore.json'],
        ...['--trusted-root', 'trusted_root.json', '--type', 'https://dossier-reports.github.io/file-event/v1', name],
      ],
      { cwd: proofs.folder },
    );
  await verify('photo.jpg');
  await expect(verify('changed photo.jpg')).rejects.toThrow();
  const receipt = parseReceipt(new Uint8Array(await (await get('/proofs/dossier.sigstore.json')).arrayBuffer()));
  expect(receipt.index).toBe(0);
});

test('the published ledger lies beside it, with the page that answers strangers', async () => {
  const page = await get('/published/verify.html');
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(await page.text()).toContain('<script');
  expect(await (await get('/published/ledger.json')).json()).toMatchObject({ format: 'dossier.v1 published ledger' });
  const digest = sha256Hex(new Uint8Array(await (await get('/proofs/photo.jpg')).arrayBuffer()));
  expect(digest).toHaveLength(64);
  expect(await text('/')).toContain(`/published/verify.html#key=${proofs.fingerprint}`);
});

test('where its port is busy it takes another', async () => {
  const busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  const { port } = busy.address() as AddressInfo;
  const second = await startOpening(board, port);
  try {
    expect(new URL(second.url).port).not.toBe(String(port));
    expect((await fetch(second.url)).status).toBe(200);
  } finally {
    await second.close();
    busy.close();
  }
});
