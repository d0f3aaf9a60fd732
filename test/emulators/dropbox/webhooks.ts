import { createHmac, randomBytes } from 'node:crypto';
import type { Account } from './accounts.ts';
import type { WebhookTimes } from './options.ts';
import { keyOf } from './paths.ts';
import type { Service } from './service.ts';

/** One attempt to deliver a notification. */
export interface Delivery {
  readonly notification: number;
  readonly attempt: number;
  readonly url: string;
  readonly accounts: readonly string[];
  /** `null` when there was no answer in time. */
  readonly status: number | null;
  readonly at: number;
}

/** The app's webhook, as the app console and Dropbox's senders run it. */
export interface Webhooks {
  /** Enters the address in the app's settings: it has to answer the challenge, once, or is refused. */
  register(url: string): Promise<void>;
  unregister(): void;
  /** Notifies without any change, of all linked accounts or of these; as a forgetful or eager server would. */
  notify(accounts?: readonly string[]): void;
  /** Sends every coming notification this many times. */
  duplicate(times: number): void;
  /** Keeps notifications back until `release`, which sends them in order or the other way round. */
  hold(): void;
  release(order?: 'inOrder' | 'reversed'): void;
  /** Attempts so far, and the notifications that were given up. */
  readonly deliveries: readonly Delivery[];
  readonly failures: number;
  /** Resolves when nothing is coalescing, under way, or waiting for another attempt. */
  idle(): Promise<void>;
  close(): void;
}

export const defaultWebhookTimes: WebhookTimes = {
  coalesceMs: 1000,
  answerMs: 10_000,
  retryMs: [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 285_000],
  disableAfter: null,
};

interface Notification {
  readonly number: number;
  readonly accounts: readonly Account[];
}

export function createWebhooks(service: Service, times: WebhookTimes): Webhooks {
  const { accounts, app, clock, database, grants, watch } = service;
  const deliveries: Delivery[] = [];
  const changed = new Set<string>();
  const stop = new AbortController();
  let waiting: (() => void)[] = [];
  let busy = 0;
  let copies = 1;
  let sent = 0;
  let failures = 0;
  let held: Notification[] | undefined;

  const address = (): string | undefined => database.records.get<string>('webhook', 'url');
  const settle = (change: 1 | -1): void => {
    busy += change;
    if (busy > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };

  const ask = async (url: string, init: RequestInit): Promise<Response | undefined> => {
    const late = new AbortController();
    const cancel = clock.after(times.answerMs, () => late.abort());
    const signal = AbortSignal.any([late.signal, stop.signal]);
    const headers = { 'User-Agent': 'DropboxWebhooks/1.0', ...(init.headers as Record<string, string>) };
    const answer = await fetch(url, { ...init, headers, signal, redirect: 'manual' }).catch(() => undefined);
    cancel();
    return answer;
  };

  const attempt = async (notification: Notification, number: number): Promise<void> => {
    const url = address();
    if (url === undefined || stop.signal.aborted) return settle(-1);
    const ids = notification.accounts.map((account) => account.id);
    const body = JSON.stringify({
      list_folder: { accounts: ids },
      delta: { users: notification.accounts.map((account) => account.uid) },
    });
    const signature = createHmac('sha256', app.secret).update(body).digest('hex');
    const headers = { 'Content-Type': 'application/json', 'X-Dropbox-Signature': signature };
    const answer = await ask(url, { method: 'POST', body, headers });
    await answer?.body?.cancel();
    const status = answer?.status ?? null;
    deliveries.push({
      notification: notification.number,
      attempt: number,
      url,
      accounts: ids,
      status,
      at: clock.now(),
    });
    if (status === 200 || stop.signal.aborted) return settle(-1);
    const wait = times.retryMs[number - 1];
    if (wait === undefined) {
      failures += 1;
      if (failures === times.disableAfter) database.records.remove('webhook', 'url');
      return settle(-1);
    }
    clock.after(wait, () => void attempt(notification, number + 1));
  };

  const send = (notification: Notification): void => {
    for (let copy = 0; copy < copies; copy += 1) {
      settle(1);
      void attempt(notification, 1);
    }
  };

  const dispatch = (ids: Iterable<string>): void => {
    const named = [...ids].map((id) => accounts.get(id));
    if (named.length === 0 || address() === undefined) return;
    sent += 1;
    const notification = { number: sent, accounts: named };
    if (held) held.push(notification);
    else send(notification);
  };

  const stopListening = watch.listen((tree, path) => {
    if (address() === undefined) return;
    const linked = grants.linked();
    const concerned = accounts
      .all()
      .filter((account) => account.tree === tree && linked.has(account.id) && accounts.maySee(account, keyOf(path)));
    if (concerned.length === 0) return;
    if (changed.size === 0) {
      settle(1);
      clock.after(times.coalesceMs, () => {
        const ids = [...changed];
        changed.clear();
        dispatch(ids);
        settle(-1);
      });
    }
    for (const account of concerned) changed.add(account.id);
  });

  return {
    async register(url) {
      const challenge = randomBytes(16).toString('base64url');
      const target = new URL(url);
      target.searchParams.set('challenge', challenge);
      const answer = await ask(target.href, { method: 'GET' });
      const problem = await refusalOf(answer, challenge);
      if (problem) throw new Error(`The webhook ${url} was not accepted: ${problem}.`);
      database.records.put('webhook', 'url', url);
    },
    unregister: () => database.records.remove('webhook', 'url'),
    notify: (ids = [...grants.linked()]) => dispatch(ids),
    duplicate(count) {
      copies = count;
    },
    hold() {
      held ??= [];
    },
    release(order = 'inOrder') {
      const notifications = held ?? [];
      held = undefined;
      if (order === 'reversed') notifications.reverse();
      for (const notification of notifications) send(notification);
    },
    deliveries,
    get failures() {
      return failures;
    },
    idle: () => (busy === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    close() {
      stopListening();
      stop.abort();
    },
  };
}

async function refusalOf(answer: Response | undefined, challenge: string): Promise<string | undefined> {
  if (!answer) return 'it did not answer in time';
  const body = await answer.text();
  if (answer.status !== 200) return `it answered the challenge with status ${answer.status}`;
  if (body !== challenge) return 'it did not answer with the challenge';
  if (!answer.headers.get('content-type')?.startsWith('text/plain')) return 'its answer is not text/plain';
  if (answer.headers.get('x-content-type-options') !== 'nosniff')
    return 'its answer lacks X-Content-Type-Options: nosniff';
  return undefined;
}
