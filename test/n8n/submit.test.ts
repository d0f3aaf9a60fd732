import { openAsBlob } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packN8n } from '../../.config/buildN8n.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { type N8n, startN8n } from '../hosts/n8n/n8n.ts';
import { ensureMedia, type Media } from './media.ts';
import { dropboxCredential, dropboxOverwrites, example, failureOf, withWebhook } from './workflows.ts';

/** One real n8n with the packed package, an emulated Dropbox, and what a person sends: photos and a video. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let full: DropboxEmulator;
let media: Media;
let folder: string;

const submitting = example('submitFromWebhook.json');
const retrying = example('outboxAfterWait.json');
const given = {
  title: '={{ $json.body.title }}',
  attachments: '={{ $json.body.attachments ?? "" }}',
  folder: { __rl: true, mode: 'path', value: '={{ $json.body.folder ?? "/Reports" }}' },
};
/** Nothing takes what leaves by Outbox: the node says itself what is wrong. */
const direct = {
  ...submitting,
  connections: { Webhook: (submitting.connections as Record<string, object>)['Webhook'] },
};
const free = withWebhook(direct, { id: 'dossierFree00001', path: 'free', parameters: given });
const stranger = withWebhook(free, { id: 'dossierStranger1', path: 'stranger', credential: 'dossierStranger1' });
const nobody = withWebhook(free, { id: 'dossierNobody001', path: 'nobody', credential: 'dossierNobody001' });
const crowded = withWebhook(free, { id: 'dossierCrowded01', path: 'crowded', credential: 'dossierCrowded01' });
const lenient = withWebhook(free, {
  id: 'dossierLenient01',
  path: 'lenient',
  node: { onError: 'continueRegularOutput' },
});
const byPath: Record<string, { id: string }> = { free, stranger, nobody, crowded };
// Ten seconds suit a person; the test has seen enough after one.
const patient = {
  ...retrying,
  nodes: retrying.nodes.map((node) =>
    node.name === 'Wait' ? { ...node, parameters: { ...node.parameters, amount: 1 } } : node,
  ),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-submit-'));
  media = await ensureMedia();
  dropbox = await startDropboxEmulator({ bandwidth: 20_000_000 });
  full = await startDropboxEmulator({ limits: { quotaBytes: 1000 } });
  n8n = await startN8n({
    nodePackage: { tarball: await packN8n(folder) },
    credentials: [
      dropboxCredential('dossierDropbox01', dropbox),
      dropboxCredential('dossierStranger1', dropbox, { access_token: 'sl.not-a-token', refresh_token: 'not-a-grant' }),
      dropboxCredential('dossierNobody001', { ...dropbox, url: 'http://127.0.0.1:1' }),
      dropboxCredential('dossierCrowded01', full),
    ],
    workflows: [submitting, patient, free, stranger, nobody, crowded, lenient],
    env: dropboxOverwrites(dropbox),
  });
  for (const { id } of [submitting, patient, free, stranger, nobody, crowded, lenient]) await n8n.activate(id);
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await dropbox?.close();
  await full?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => dropbox.faults.clear());

const mediaTypes: Record<string, string> = { '.jpg': 'image/jpeg', '.mp4': 'video/mp4' };

async function form(
  fields: Record<string, string>,
  ...files: readonly (readonly [string, string])[]
): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, file] of files)
    form.set(name, await openAsBlob(file, { type: mediaTypes[extname(file)] ?? '' }), basename(file));
  return form;
}

describe('a report through a real n8n', () => {
  it('arrives whole: a 30 MB video and two photos, byte for byte', { timeout: 120_000 }, async () => {
    const [one, two] = media.photos;
    const response = await n8n.webhook('report', {
      body: await form(
        { title: 'North bridge', description: 'Water over the road' },
        ['first', one],
        ['second', two],
        ['video', media.video],
      ),
    });
    const [report] = (await response.json()) as [
      { state: string; path: string; files: { name: string; proof: { method: string } }[] },
    ];
    expect(report).toMatchObject({ state: 'submitted', path: '/Reports/North bridge' });
    for (const file of [one, two, media.video]) {
      const arrived = await dropbox.files.read(`/Reports/North bridge/${basename(file)}`);
      expect(arrived.equals(await readFile(file)), basename(file)).toBe(true);
      expect(report.files.find(({ name }) => name === basename(file))?.proof.method).toBe('returned-hash');
    }
    expect((await dropbox.files.read('/Reports/North bridge/description.txt')).toString()).toBe('Water over the road');
    const manifest = JSON.parse((await dropbox.files.read('/Reports/North bridge/dossier.json')).toString()) as {
      files: { name: string; mediaType: string }[];
    };
    expect(manifest.files.map(({ name, mediaType }) => `${name} ${mediaType}`)).toEqual([
      'description.txt text/plain',
      'photo one.jpg image/jpeg',
      'photo two.jpg image/jpeg',
      'video.mp4 video/mp4',
    ]);
  });

  it('goes on when the token ends in the middle of an upload', { timeout: 120_000 }, async () => {
    const appends = () => dropbox.requests.count('files/upload_session/append_v2');
    const before = appends();
    const sending = n8n.webhook('report', {
      body: await form({ title: 'Stale', description: '' }, ['video', media.video]),
    });
    await expect.poll(appends, { timeout: 60_000, interval: 20 }).toBeGreaterThan(before);
    dropbox.tokens.expire();
    const [report] = (await (await sending).json()) as [{ state: string }];
    expect(report.state).toBe('submitted');
    expect(dropbox.requests.count('oauth2/token')).toBe(1);
    expect((await dropbox.files.read('/Reports/Stale/video.mp4')).equals(await readFile(media.video))).toBe(true);
  });

  it('leaves by Outbox when it is stopped, comes back and makes one report, sending no piece twice', {
    timeout: 120_000,
  }, async ({ task }) => {
    // Named for the attempt: what an earlier one left must not be taken for ours.
    const title = `Stopped ${task.result?.retryCount ?? 0}`;
    const before = dropbox.requests.byRoute['files/upload_session/append_v2']?.bytesIn ?? 0;
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/append_v2',
      nth: 3,
    });
    const response = await n8n.webhook('report-with-outbox', {
      body: await form({ title, description: 'x' }, ['video', media.video]),
    });
    expect(await response.json()).toMatchObject([{ state: 'submitted', title }]);
    expect(dropbox.faults.pending).toEqual([]);
    // n8n answers the webhook before it has stored the run.
    const hints = async () =>
      JSON.stringify(
        await Promise.all((await n8n.executions(patient.id)).map(async ({ id }) => (await n8n.execution(id)).data)),
      );
    await expect.poll(hints, { timeout: 30_000, interval: 200 }).toContain('waits in the Outbox');
    const video = await readFile(media.video);
    expect((await dropbox.files.read(`/Reports/${title}/video.mp4`)).equals(video)).toBe(true);
    expect(
      dropbox.files
        .list()
        .filter(({ display }) => display.startsWith(`/Reports/${title}`) && !display.slice(9).includes('/')),
    ).toHaveLength(1);
    expect(dropbox.requests.byRoute['files/upload_session/append_v2']!.bytesIn - before).toBeLessThan(2 * video.length);
  });

  const bad = [
    { what: 'an empty title', path: 'free', fields: { title: ' ' }, code: 'invalid-input', sentence: /needs a title/ },
    {
      what: 'an attachment that is not there',
      path: 'free',
      fields: { title: 'A', attachments: 'photo' },
      code: 'source-missing',
      sentence: /no binary field "photo"/,
    },
    {
      what: 'a path with ..',
      path: 'free',
      fields: { title: 'A', folder: '/Reports/../../etc' },
      code: 'invalid-path',
      sentence: /".." cannot be the name/,
    },
    {
      what: 'a wrong token',
      path: 'stranger',
      fields: { title: 'A' },
      code: 'unauthorized',
      sentence: /connect it again|[Ss]ign in/,
    },
    {
      what: 'a server that nobody reaches',
      path: 'nobody',
      fields: { title: 'A' },
      code: 'offline',
      sentence: /refused the connection.*Check the network/s,
    },
    {
      what: 'a full account',
      path: 'crowded',
      fields: { title: 'A', description: 'x'.repeat(2000) },
      code: 'quota-exceeded',
      sentence: /Free some space/,
    },
  ];

  it.each(bad)(
    'says in one sentence what to do about $what',
    { timeout: 120_000 },
    async ({ path, fields, code, sentence }) => {
      await n8n.webhook(path, { body: await form(fields as Record<string, string>, ['photo one', media.photos[0]]) });
      const failure = await failureOf(n8n, byPath[path]!.id);
      expect(failure).toMatchObject({ name: expect.stringMatching(/^Node(Api|Operation)Error$/), itemIndex: 0 });
      // What happened is the message, how to mend it the description.
      expect(`${failure.message} ${failure.description}`).toMatch(sentence);
      expect(failure.message.endsWith(`(${code})`)).toBe(true);
    },
  );

  it('goes on past a bad item when it was told to, and says why in the item', async () => {
    const response = await n8n.webhook('lenient', { body: await form({ title: '' }) });
    expect(await response.json()).toEqual([
      { error: expect.stringContaining('needs a title'), details: { code: 'invalid-input', retry: 'never' } },
    ]);
  });

  it('keeps secrets out of its log', () => {
    for (const secret of [dropbox.token, dropbox.refreshToken, dropbox.appSecret])
      expect(n8n.log()).not.toContain(secret);
  });
});
