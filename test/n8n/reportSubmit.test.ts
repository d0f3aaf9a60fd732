import type { IBinaryData, IDataObject, INodeExecutionData } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { parsePath, parseReceipt, parseStatement, sha256Hex } from '../../shared/index.ts';
import { openDropbox } from '../support/dropbox.ts';
import { seededBytes } from '../support/seeded.ts';
import { credentials, dropbox, host, json, path, run } from './dropboxNode.ts';

async function binaries(): Promise<{
  bytes: { photo: Uint8Array; video: Uint8Array; note: Uint8Array };
  binary: Record<string, IBinaryData>;
}> {
  const bytes = {
    photo: seededBytes(150_000, 'photo'),
    video: seededBytes(9_000_000, 'video'),
    note: seededBytes(0, 'note'),
  };
  const binary = {
    photo: await host.store(bytes.photo, 'photo.jpg', 'image/jpeg'),
    video: await host.store(bytes.video, 'video.mp4', 'video/mp4'),
    note: await host.store(bytes.note, 'note.txt'),
  };
  return { bytes, binary };
}

/** What a tampering hand can reach. */
interface OutboxJson {
  delivery: { folder: { path: string; id?: string } };
  uploads: { session?: { target: { folder: { path: string }; replace?: string } } }[];
}

describe('Report: Submit', () => {
  const parameters = {
    title: 'North bridge',
    description: 'Water over the road – 2 m',
    attachments: '',
    folder: path('/Reports'),
  };

  it('delivers every attachment, the description and the manifest, with a proof for each', async () => {
    const { bytes, binary } = await binaries();
    const result = await run('report', 'submit', parameters, { items: [{ json: {}, binary }] });
    const [report] = json(result);
    expect(report).toMatchObject({
      title: 'North bridge',
      state: 'submitted',
      path: '/Reports/North bridge',
    });
    expect(result.outputs[0]![0]!.pairedItem).toEqual({ item: 0 });
    const files = report!['files'] as IDataObject[];
    expect(files.map(({ name }) => name)).toEqual(['description.txt', 'photo.jpg', 'video.mp4', 'note.txt']);
    for (const [field, content] of Object.entries(bytes)) {
      const file = files.find((each) => each['field'] === field)!;
      expect(file).toMatchObject({
        state: 'delivered',
        size: content.length,
        sha256: sha256Hex(content),
        proof: { method: 'returned-hash' },
      });
      expect(Buffer.compare(await dropbox.files.read(String(file['path'])), content)).toBe(0);
    }
    expect((await dropbox.files.read('/Reports/North bridge/description.txt')).toString()).toBe(parameters.description);
    const manifest = JSON.parse((await dropbox.files.read('/Reports/North bridge/dossier.json')).toString());
    expect(manifest).toMatchObject({ dossier: 1, report: report!['report'], title: 'North bridge' });
    expect(result.hints[0]!.message).toContain('3 attachments');
  });

  it('is verified as a folder, without a key: whole, and then with what was changed, lost and added', async () => {
    await run(
      'report',
      'submit',
      { ...parameters, title: 'Weir' },
      { items: [{ json: {}, binary: (await binaries()).binary }] },
    );
    const verify = async () => json(await run('report', 'verify', { path: path('/Reports/Weir') }))[0]!;
    expect(await verify()).toMatchObject({ kind: 'report', title: 'Weir', holds: true, right: 7, differences: [] });
    const drive = openDropbox(dropbox);
    await drive.move({ path: parsePath('/Reports/Weir/photo.jpg') }, { path: parsePath('/Reports/Weir') }, 'other.jpg');
    expect(await verify()).toMatchObject({
      holds: false,
      differences: [
        { path: 'photo.jpg', how: 'missing' },
        { path: 'other.jpg', how: 'added' },
      ],
    });
  });

  it('gives a second report of the same title a folder of its own', async () => {
    await run('report', 'submit', { ...parameters, attachments: '' });
    const [second] = json(await run('report', 'submit', parameters));
    expect(second).toMatchObject({ path: '/Reports/North bridge 1' });
  });

  it('writes the description in the encoding that was chosen', async () => {
    await run('report', 'submit', {
      ...parameters,
      description: 'Überschwemmung',
      options: { encoding: 'windows-1252' },
    });
    expect((await dropbox.files.read('/Reports/North bridge/description.txt')).toString('latin1')).toBe(
      'Überschwemmung',
    );
  });

  it('refreshes a stale token in the middle of an upload and goes on', async () => {
    const { bytes, binary } = await binaries();
    const stale = credentials();
    dropbox.faults.inject({
      kind: 'status',
      status: 401,
      body: 'expiredToken',
      route: 'files/upload_session/append_v2',
      nth: 2,
    });
    const result = await run('report', 'submit', parameters, { items: [{ json: {}, binary }], credentials: stale });
    expect(json(result)[0]).toMatchObject({ state: 'submitted' });
    expect(Buffer.compare(await dropbox.files.read('/Reports/North bridge/video.mp4'), bytes.video)).toBe(0);
    expect((stale.dossierDropboxOAuth2Api.data['oauthTokenData'] as IDataObject)['access_token']).not.toBe(
      dropbox.token,
    );
  });

  it('hands on what was stopped by Outbox, whole, and goes on from there without sending a piece again', async () => {
    const { bytes, binary } = await binaries();
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/append_v2',
      nth: 2,
    });
    const stopped = await run('report', 'submit', parameters, {
      items: [{ json: {}, binary }],
      connectedOutputs: [0, 1],
    });
    expect(stopped.outputs[0]).toEqual([]);
    const [waiting] = stopped.outputs[1]!;
    expect(waiting).toMatchObject({
      json: { state: 'interrupted', code: 'rate-limited', mend: 'resume', title: 'North bridge' },
      binary,
      pairedItem: { item: 0 },
    });
    const [report] = json(
      await run(
        'report',
        'submit',
        { ...parameters, title: '', folder: path('/REPORTS') },
        { items: [structuredClone(waiting!)] },
      ),
    );
    expect(report).toMatchObject({
      state: 'submitted',
      report: waiting!.json['report'],
      path: '/Reports/North bridge',
    });
    expect(Buffer.compare(await dropbox.files.read('/Reports/North bridge/video.mp4'), bytes.video)).toBe(0);
  });

  it('goes through the Outbox when the line is down, and arrives when it is back', { timeout: 120_000 }, async () => {
    const { bytes, binary } = await binaries();
    dropbox.faults.inject({ kind: 'reset', route: 'files/upload_session/finish_batch_v2', times: 1000 });
    const stopped = await run('report', 'submit', parameters, {
      items: [{ json: {}, binary }],
      connectedOutputs: [0, 1],
    });
    dropbox.faults.clear();
    expect(json(stopped, 1)).toMatchObject([{ code: 'offline', mend: 'resume' }]);
    const sent = dropbox.requests.byRoute['files/upload_session/append_v2']!.bytesIn;
    const [report] = json(
      await run('report', 'submit', { ...parameters, title: '' }, { items: structuredClone(stopped.outputs[1]!) }),
    );
    expect(report).toMatchObject({ state: 'submitted', path: '/Reports/North bridge' });
    expect(dropbox.requests.byRoute['files/upload_session/append_v2']!.bytesIn).toBe(sent);
    expect(Buffer.compare(await dropbox.files.read('/Reports/North bridge/video.mp4'), bytes.video)).toBe(0);
  });

  /** An item that left by Outbox after its folder was made and some of its bytes were sent. */
  async function waitingItem(): Promise<INodeExecutionData> {
    const { binary } = await binaries();
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/append_v2',
      nth: 2,
    });
    const { outputs } = await run(
      'report',
      'submit',
      { ...parameters, record: false },
      {
        items: [{ json: {}, binary }],
        connectedOutputs: [0, 1],
      },
    );
    return structuredClone(outputs[1]![0]!);
  }

  it('keeps a report in the Outbox whose files did not come along, and names the first that is missing', async () => {
    const { binary: _left, ...item } = await waitingItem();
    const { outputs } = await run(
      'report',
      'submit',
      { ...parameters, title: '', record: false },
      { items: [item], connectedOutputs: [0, 1] },
    );
    expect(outputs[1]![0]!.json).toMatchObject({
      code: 'source-missing',
      mend: 'reattach',
      reason: expect.stringContaining('photo.jpg'),
    });
  });

  const hostile: readonly [string, (outbox: OutboxJson) => void][] = [
    ['a folder elsewhere', ({ delivery }) => (delivery.folder.path = '/Private')],
    ['the id of a folder elsewhere', ({ delivery }) => (delivery.folder.id = dropbox.files.entry('/private')!.id)],
    [
      'an upload that ends elsewhere',
      ({ uploads }) => (uploads.find(({ session }) => session)!.session!.target.folder.path = '/Private'),
    ],
    [
      'an upload that replaces a file',
      ({ uploads }) => (uploads.find(({ session }) => session)!.session!.target.replace = '0123456789'),
    ],
    ['a path with ..', ({ delivery }) => (delivery.folder.path = '/Reports/../Private')],
  ];

  it.each(hostile)('refuses an Outbox item that names %s', async (_what, tamper) => {
    dropbox.files.seed([{ path: '/Private/diary.txt', size: 10 }]);
    const item = await waitingItem();
    tamper(item.json['outbox'] as unknown as OutboxJson);
    const before = dropbox.files.list().length;
    await expect(
      run('report', 'submit', { ...parameters, title: '' }, { items: [item], connectedOutputs: [0, 1] }),
    ).rejects.toMatchObject({ message: expect.stringContaining('(invalid-path)') });
    expect(dropbox.files.list().length).toBe(before);
  });

  it('hands an earlier receipt on as long as nobody has looked at it', async () => {
    const item = await waitingItem();
    const { outbox } = item.json as unknown as { outbox: { delivery: Record<string, unknown> } };
    outbox.delivery['recorded'] = { receipt: 'not looked at yet' };
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/append_v2',
      times: 1000,
    });
    const { outputs } = await run(
      'report',
      'submit',
      { ...parameters, title: '', record: false },
      { items: [item], connectedOutputs: [0, 1] },
    );
    expect(outputs[1]![0]!.json).toMatchObject({
      code: 'rate-limited',
      outbox: { delivery: { recorded: { receipt: 'not looked at yet' } } },
    });
  });

  it('believes no item that its report has arrived and was recorded', async () => {
    const item = await waitingItem();
    const { outbox } = item.json as unknown as {
      outbox: { delivery: Record<string, unknown>; uploads: Record<string, unknown>[] };
    };
    const lie = sha256Hex(new Uint8Array([1]));
    const made = {
      id: 'x',
      name: 'video.mp4',
      path: '/Reports/North bridge/video.mp4',
      type: 'file',
      size: 9_000_000,
      revision: '0',
      modified: 0,
    };
    outbox.uploads = outbox.uploads.map(({ session: _session, ...upload }) => ({
      ...upload,
      state: 'committed',
      digests: { sha256: lie, dropboxContentHash: lie },
      committed: { entry: made, proof: { method: 'returned-hash', digest: lie } },
    }));
    Object.assign(outbox.delivery, { complete: true, recorded: { receipt: '{"made":"up"}' } });
    const [report] = json(await run('report', 'submit', { ...parameters, title: '' }, { items: [item] }));
    expect(JSON.stringify(report)).not.toContain(lie);
    expect(
      Buffer.compare(await dropbox.files.read('/Reports/North bridge/video.mp4'), (await binaries()).bytes.video),
    ).toBe(0);
    const receipt = parseReceipt(await dropbox.files.read('/Reports/North bridge/dossier.sigstore.json'));
    expect(parseStatement(receipt.payload).subjects.map(({ sha256 }) => sha256)).toEqual(
      (report!['files'] as IDataObject[]).map(({ sha256 }) => sha256),
    );
  });

  it.each([
    { schema: 2, report: {} },
    { schema: 1, report: {}, uploads: [] },
    { schema: 1, report: {}, uploads: 'x' },
  ])('refuses what only looks like an Outbox item: %j', async (outbox) => {
    await expect(run('report', 'submit', parameters, { items: [{ json: { outbox } }] })).rejects.toMatchObject({
      message: expect.stringContaining('(invalid-input)'),
    });
  });

  it('takes every item, names the bad one, and goes on past it when told to', async () => {
    const items = [{ json: { t: 'One' } }, { json: { t: '' } }, { json: { t: 'Three' } }];
    await expect(run('report', 'submit', { ...parameters, title: '={{ $json.t }}' }, { items })).rejects.toMatchObject({
      context: { itemIndex: 1 },
      message: expect.stringContaining('needs a title'),
    });
    const { outputs } = await run(
      'report',
      'submit',
      { ...parameters, title: '={{ $json.t }}' },
      { items, continueOnFail: true },
    );
    expect(outputs[0]!.map(({ json, pairedItem }) => [json['title'] ?? json['error'], pairedItem])).toEqual([
      ['One', { item: 0 }],
      [expect.stringContaining('needs a title'), { item: 1 }],
      ['Three', { item: 2 }],
    ]);
  });

  it('stops with the execution, at once and for good', async () => {
    const { binary } = await binaries();
    const stop = new AbortController();
    const sending = run('report', 'submit', parameters, {
      items: [{ json: {}, binary }],
      connectedOutputs: [0, 1],
      signal: stop.signal,
      continueOnFail: true,
    });
    await expect
      .poll(() => dropbox.requests.count('files/upload_session/append_v2'), { interval: 5 })
      .toBeGreaterThan(0);
    stop.abort();
    await expect(sending).rejects.toMatchObject({ message: expect.stringContaining('(cancelled)') });
    expect(dropbox.files.entry('/reports/north bridge/dossier.json')).toBeUndefined();
  });

  it('goes into a folder that is named by its id, and an Outbox item stays within it', async () => {
    dropbox.files.seed([
      { path: '/Team/Reports/x.txt', size: 1 },
      { path: '/Private/diary.txt', size: 10 },
    ]);
    const folder = { __rl: true, mode: 'id', value: dropbox.files.entry('/team/reports')!.id };
    expect(json(await run('report', 'submit', { ...parameters, folder }))).toMatchObject([
      { path: '/Team/Reports/North bridge' },
    ]);
    const item = await waitingItem();
    await expect(
      run('report', 'submit', { ...parameters, folder, title: '' }, { items: [item] }),
    ).rejects.toMatchObject({ message: expect.stringContaining('(invalid-path)') });
  });
});
