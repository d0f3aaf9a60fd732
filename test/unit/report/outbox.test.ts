import { describe, expect, test } from 'vitest';
import { DossierError, type Drive, type ErrorCode, parsePath, type SubmitEvent, utf8 } from '../../../shared/index.ts';
import { deliveredNames } from '../../deliveredNames.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createGate, createOutboxScene, leaseMs, settled } from './outboxScene.ts';
import { paths } from './submitting.ts';

const never = new AbortController().signal;
const whole = ['', ...deliveredNames(['file 0.bin', 'file 1.bin', 'file 2.bin']).map((name) => `/${name}`)];
const inFolder = (folder: string) => whole.map((end) => `/Reports/${folder}${end}`);

/** Waits before the second request with chunks into a folder. */
const gated =
  (gate: ReturnType<typeof createGate>, folder = 'Flood') =>
  (drive: Drive): Drive => {
    let appends = 0;
    return {
      ...drive,
      async append(pieces, context) {
        if (pieces.some(({ session }) => session.target.folder.path === `/Reports/${folder}`) && ++appends === 2)
          await Promise.race([gate.pass(), abortOf(context?.signal)]);
        return drive.append(pieces, context);
      },
    };
  };
const abortOf = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_resolve, reject) =>
    signal?.addEventListener('abort', () => reject(new DossierError('cancelled')), { once: true }),
  );
const failing =
  (code: ErrorCode, times = Infinity) =>
  (drive: Drive): Drive => {
    let left = times;
    const fail = <T>(work: () => Promise<T>): Promise<T> =>
      left-- > 0 ? Promise.reject(new DossierError(code, undefined, { retry: 'afterUser' })) : work();
    return { ...drive, append: (...given) => fail(() => drive.append(...given)) };
  };

describe('outbox', () => {
  test('sends a draft, tells of every attachment, and keeps nothing but the submitted report (A10, A11)', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const { outbox, events } = scene.window();
    const report = await outbox.send(id, never);
    expect(report).toMatchObject({
      state: 'submitted',
      destination: { path: '/Reports/Flood' },
      submitted: scene.clock.now(),
    });
    expect(await paths(scene.drive)).toEqual(inFolder('Flood'));
    expect(await scene.store.keys('')).toEqual([`reports/${id}`]);
    const sending = events.flatMap((event) => (event.type === 'sending' ? [event.event] : []));
    for (const attachment of report.attachments) {
      expect(sending).toContainEqual(expect.objectContaining({ type: 'delivered', attachment: attachment.id }));
      const acknowledged = sending
        .filter(
          (event): event is SubmitEvent & { type: 'progress' } =>
            event.type === 'progress' && event.attachment === attachment.id,
        )
        .map(({ acknowledgedBytes }) => acknowledgedBytes);
      expect(acknowledged).toEqual([...acknowledged].sort((a, b) => a - b));
      expect(acknowledged.at(-1)).toBe(attachment.size);
    }
    expect(
      events.filter(({ type }) => type === 'changed').map((event) => event.type === 'changed' && event.report.state),
    ).toEqual(['sending', 'submitted']);
  });

  test('whoever was killed after the end may ask again: what is submitted is told, and nothing is sent', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const report = await scene.window().outbox.send(id, never);
    const before = await paths(scene.drive);
    const { outbox, events } = scene.window();
    expect(await outbox.send(id, never)).toEqual(report);
    expect(events).toEqual([]);
    expect(await paths(scene.drive)).toEqual(before);
  });

  test('submit later puts it in the outbox, where it is not edited and not sent until somebody asks (A9)', async () => {
    const scene = createOutboxScene();
    const draft = await scene.draft();
    const { outbox } = scene.window({ automatic: true });
    const stop = new AbortController();
    const running = outbox.run(stop.signal);
    await outbox.submitLater(draft.id);
    await settled();
    expect(await scene.state(draft.id)).toBe('queued');
    const stored = (await scene.reports.get(draft.id))!;
    await expect(scene.reports.save({ ...stored.report, title: 'edited' }, stored.version, 1)).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await outbox.submit(draft.id);
    await settled();
    expect(await scene.state(draft.id)).toBe('submitted');
    stop.abort();
    await running;
  });

  test('lost connectivity leaves it in the outbox, complete; resuming by hand sends only what is missing (A10, P3)', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    let appends = 0;
    const first = scene.window({
      drive: (drive) => ({
        ...drive,
        append: async (...given) =>
          ++appends > 2
            ? Promise.reject(new DossierError('offline', undefined, { retry: 'afterUser' }))
            : drive.append(...given),
      }),
    });
    const report = await first.outbox.send(id, never);
    expect(report).toMatchObject({
      state: 'interrupted',
      interruption: { code: 'offline', mend: 'resume', attempt: 1 },
    });
    expect(report.attachments).toHaveLength(3);
    const second = scene.window();
    expect((await second.outbox.send(id, never)).state).toBe('submitted');
    expect(await paths(scene.drive)).toEqual(inFolder('Flood'));
    const twice = second.sent.filter((chunk) => first.sent.includes(chunk));
    expect(twice).toEqual([]);
  });

  test('pause stops it, resume goes on with what is missing, from the same window or another (A11)', async () => {
    for (const other of [false, true]) {
      const scene = createOutboxScene();
      const { id } = await scene.draft();
      const gate = createGate();
      const first = scene.window({ drive: gated(gate) });
      const sending = first.outbox.send(id, never);
      await gate.reached;
      const second = scene.window();
      const paused = (other ? second : first).outbox.pause(id);
      await settled();
      // What hangs is waited for some seconds and no longer.
      await scene.clock.advance(other ? 0 : 5_000);
      await paused;
      if (other) gate.open();
      expect((await sending).state).toBe('paused');
      await settled();
      const before = await paths(scene.drive);
      expect(before).not.toContain('/Reports/Flood/dossier.json');
      expect((await second.outbox.send(id, never)).state).toBe('submitted');
      expect(await paths(scene.drive)).toEqual(inFolder('Flood'));
      expect(first.events.some(({ type }) => type === 'taken')).toBe(other);
    }
  });

  test('pause lets what is under way end: it is acknowledged, and not sent again', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const gate = createGate();
    const first = scene.window({ drive: gated(gate) });
    const sending = first.outbox.send(id, never);
    await gate.reached;
    const underWay = first.sent.filter((chunk) => chunk.includes('#'));
    const paused = first.outbox.pause(id);
    await settled();
    expect(await scene.state(id)).toBe('sending');
    gate.open();
    expect((await paused).state).toBe('paused');
    expect((await sending).state).toBe('paused');
    const second = scene.window();
    expect((await second.outbox.send(id, never)).state).toBe('submitted');
    expect(underWay.length).toBeGreaterThan(0);
    expect(second.sent.filter((chunk) => underWay.includes(chunk))).toEqual([]);
    expect(await paths(scene.drive)).toEqual(inFolder('Flood'));
  });

  test('deleting during submission cancels what is not sent; what is there stays (A13)', async () => {
    for (const other of [false, true]) {
      const scene = createOutboxScene();
      const { id } = await scene.draft();
      const gate = createGate();
      const first = scene.window({ drive: gated(gate) });
      const sending = first.outbox.send(id, never);
      await gate.reached;
      await (other ? scene.window() : first).outbox.delete(id);
      if (other) gate.open();
      await expect(sending).rejects.toMatchObject({ code: 'not-found' });
      await settled();
      expect(await scene.store.keys('')).toEqual([]);
      expect(scene.storage.sessions.size).toBe(0);
      const left = await paths(scene.drive);
      expect(left).toContain('/Reports/Flood');
      expect(left).not.toContain('/Reports/Flood/dossier.json');
      expect(left).not.toContain('/Reports/Flood/file 2.bin');
    }
  });

  test('submitted reports are deleted here only; the copy at the destination stays (A12)', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const { outbox } = scene.window();
    await outbox.send(id, never);
    await outbox.delete(id);
    await outbox.delete(id);
    expect(await scene.store.keys('')).toEqual([]);
    expect(await paths(scene.drive)).toEqual(inFolder('Flood'));
    await expect(outbox.submit(id)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('a window that closes gives the report back, and another goes on at once', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const gate = createGate();
    const first = scene.window({ drive: gated(gate) });
    const close = new AbortController();
    const sending = first.outbox.send(id, close.signal);
    await gate.reached;
    close.abort();
    await expect(sending).rejects.toMatchObject({ code: 'cancelled' });
    expect(await scene.state(id)).toBe('sending');
    const stop = new AbortController();
    const running = scene.window().outbox.run(stop.signal);
    await settled();
    expect(await scene.state(id)).toBe('submitted');
    stop.abort();
    await running;
  });

  test('a window that stalls past its lease loses it, and its late writes are refused', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const gate = createGate();
    // Its clock stands still, as that of a suspended machine: it never renews.
    const first = scene.window({
      drive: gated(gate),
      clock: { now: () => scene.clock.now(), sleep: (_ms, signal) => abortOf(signal) },
    });
    const sending = first.outbox.send(id, never);
    await gate.reached;
    const second = scene.window();
    const taking = second.outbox.send(id, never);
    await settled();
    expect(await scene.state(id)).toBe('sending');
    for (let second = 0; second < leaseMs / 1000 + 1; second++) await scene.clock.advance(1000);
    expect((await taking).state).toBe('submitted');
    const before = await scene.store.list('');
    gate.open();
    expect((await sending).state).toBe('submitted');
    expect(await scene.store.list('')).toEqual(before);
    expect(first.events.at(-1)).toEqual({ type: 'taken', id });
    expect(await paths(scene.drive)).toEqual(inFolder('Flood'));
  });

  test('a lease from a clock that was ahead is taken over after it was seen unchanged for its length', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const day = 24 * 3_600_000;
    const dead = scene.window({
      drive: (drive) => ({ ...drive, createFolder: () => new Promise(() => undefined) }),
      clock: { now: () => scene.clock.now() + day, sleep: () => new Promise(() => undefined) },
    });
    void dead.outbox.send(id, never);
    await settled();
    const taking = scene.window().outbox.send(id, never);
    for (let second = 0; second < leaseMs / 1000 + 2; second++) {
      await settled(2);
      await scene.clock.advance(1000);
    }
    expect((await taking).state).toBe('submitted');
  });

  test('a lease that is renewed is not taken over, however long the sending lasts', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const gate = createGate();
    const first = scene.window({ drive: gated(gate) });
    const sending = first.outbox.send(id, never);
    await gate.reached;
    const second = scene.window();
    const stop = new AbortController();
    const running = second.outbox.run(stop.signal);
    for (let minute = 0; minute < 10; minute++) {
      await scene.clock.advance(leaseMs / 2);
      await settled(5);
    }
    expect(second.sent).toEqual([]);
    gate.open();
    expect((await sending).state).toBe('submitted');
    stop.abort();
    await running;
  });

  test('goes on by itself when asked to, with back-off, and never where a person has to act', async () => {
    for (const [code, expected] of [
      ['offline', 'submitted'],
      ['quota-exceeded', 'interrupted'],
    ] as const) {
      const scene = createOutboxScene();
      const { id } = await scene.draft();
      let tries = 0;
      const { outbox } = scene.window({
        automatic: true,
        drive: (drive) => ({
          ...drive,
          createFolder: (...given) =>
            ++tries <= 14 ? Promise.reject(new DossierError(code)) : drive.createFolder(...given),
        }),
      });
      const stop = new AbortController();
      const running = outbox.run(stop.signal);
      await outbox.submit(id);
      let interruptions = 0;
      let last: number | undefined;
      for (let tick = 0; tick < 400; tick++) {
        await settled(3);
        const report = (await scene.reports.get(id))!.report;
        if (report.interruption && report.interruption.at !== last) {
          last = report.interruption.at;
          expect(report.interruption.attempt).toBe(++interruptions);
        }
        await scene.clock.advance(1000);
      }
      expect(await scene.state(id)).toBe(expected);
      expect(interruptions).toBe(code === 'offline' ? 2 : 1);
      stop.abort();
      await running;
    }
  });

  test('reports of one connection go one after the other in the order they were submitted; another connection does not wait', async () => {
    const scene = createOutboxScene();
    const [a, b, c] = [await scene.draft('A', 'one'), await scene.draft('B', 'one'), await scene.draft('C', 'two')];
    const gate = createGate();
    const { outbox } = scene.window({ drive: gated(gate, 'B') });
    for (const { id } of [b, a, c]) {
      await outbox.submit(id);
      await scene.clock.advance(1);
    }
    const stop = new AbortController();
    const running = outbox.run(stop.signal);
    await gate.reached;
    await settled();
    expect([await scene.state(b.id), await scene.state(a.id), await scene.state(c.id)]).toEqual([
      'sending',
      'sending',
      'submitted',
    ]);
    expect(await paths(scene.drive)).not.toContain('/Reports/A');
    gate.open();
    await settled(200);
    expect([await scene.state(b.id), await scene.state(a.id)]).toEqual(['submitted', 'submitted']);
    stop.abort();
    await running;
  });

  test('two engines in two windows send each report once', async () => {
    const scene = createOutboxScene();
    const drafts = [await scene.draft('A'), await scene.draft('B'), await scene.draft('C', 'd')];
    const windows = [scene.window(), scene.window()];
    const stop = new AbortController();
    const running = windows.map(({ outbox }) => outbox.run(stop.signal));
    for (const { id } of drafts) await windows[0]!.outbox.submit(id);
    for (let second = 0; second < 20; second++) {
      await settled(20);
      await scene.clock.advance(1000);
    }
    for (const { id } of drafts) expect(await scene.state(id)).toBe('submitted');
    expect(await paths(scene.drive)).toEqual([...inFolder('A'), ...inFolder('B'), ...inFolder('C')]);
    const sent = windows.flatMap((window) => window.sent);
    expect(sent.filter((name) => name === 'dossier.json' || name.startsWith('dossier.json#'))).toHaveLength(3);
    stop.abort();
    await Promise.all(running);
  });
});

describe('interruptions and their remedies', () => {
  test.each([
    ['unauthorized', 'signIn'],
    ['forbidden', 'grantPermission'],
    ['quota-exceeded', 'freeSpace'],
    ['too-large', 'edit'],
    ['untrusted-certificate', 'acceptCertificate'],
  ] as const)('%s: %s, then it goes on', async (code, mend) => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const { outbox } = scene.window({ drive: failing(code, 1) });
    const interrupted = await outbox.send(id, never);
    expect(interrupted).toMatchObject({ state: 'interrupted', interruption: { code, mend } });
    expect(interrupted.interruption?.resumeAt).toBeUndefined();
    expect((await outbox.send(id, never)).state).toBe('submitted');
  });

  test('a source that is gone or has changed names its attachment, and takes another source', async () => {
    for (const [code, harm] of [
      ['source-missing', undefined],
      ['source-changed', seededBytes(90_001, 'longer')],
    ] as const) {
      const scene = createOutboxScene();
      const { id, attachments } = await scene.draft();
      const victim = attachments[2]!;
      if (harm) scene.originals.bytes.set('r0a2', harm);
      else scene.originals.bytes.delete('r0a2');
      const { outbox } = scene.window();
      const interrupted = await outbox.send(id, never);
      expect(interrupted).toMatchObject({
        state: 'interrupted',
        interruption: { code, mend: 'reattach', attachment: victim.id },
      });
      const { source, fingerprint, size } = scene.originals.attach('new', victim.name, seededBytes(50_000, 'new'));
      await outbox.reattach(id, victim.id, { source, fingerprint, size });
      await expect(outbox.reattach(id, 'nobody', { source, fingerprint, size })).rejects.toMatchObject({
        code: 'invalid-input',
      });
      expect((await outbox.send(id, never)).state).toBe('submitted');
      expect(await paths(scene.drive)).toEqual(inFolder('Flood'));
      expect(await scene.drive.stat({ path: parsePath('/Reports/Flood/file 2.bin') })).toMatchObject({ size: 50_000 });
    }
  });

  test('reopening makes it a draft again and lets go of what was begun; not once all is at the destination', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    const { outbox } = scene.window({ drive: failing('quota-exceeded', 1) });
    await outbox.send(id, never);
    expect((await outbox.reopen(id)).state).toBe('draft');
    expect(await scene.store.keys('uploads/')).toEqual([]);
    expect(await scene.store.keys('deliveries/')).toEqual([]);
    expect(scene.storage.sessions.size).toBe(0);
    expect((await outbox.send(id, never)).destination?.path).toBe('/Reports/Flood 1');

    const done = await scene.draft('Done');
    await outbox.submitLater(done.id);
    await scene.store.commit([
      { key: `deliveries/${done.id}`, value: utf8('{"schema":1,"complete":true,"names":{}}'), expectedVersion: 0 },
    ]);
    await expect(outbox.reopen(done.id)).rejects.toMatchObject({ code: 'invalid-input' });
    expect(await scene.state(done.id)).toBe('queued');
  });

  test('a connection that cannot be opened interrupts, it does not lose', async () => {
    const scene = createOutboxScene();
    const { id } = await scene.draft();
    let locked = true;
    const { outbox } = scene.window({
      open: async (usual) => (locked ? Promise.reject(new DossierError('vault-locked')) : usual),
    });
    expect(await outbox.send(id, never)).toMatchObject({
      state: 'interrupted',
      interruption: { code: 'vault-locked', mend: 'unlockVault' },
    });
    locked = false;
    expect((await outbox.send(id, never)).state).toBe('submitted');
  });
});
