/** Ours at work on a large store. Run by `store.ts` with its orders as JSON; prints one line of JSON. */
import { randomBytes } from 'node:crypto';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { sha256Hex } from '../../shared/core/hashing.ts';
import type { HttpPort } from '../../shared/core/ports.ts';
import { createDriveState, createVault, parseKey, parsePath, verifyInLedger } from '../../shared/index.ts';
import type { Occurrence } from '../../shared/ledger/log/log.ts';
import { createStoreCipher, openLedger } from '../../shared/testing.ts';
import { type Address, openAddress } from '../crash/killAddress.ts';

export interface Orders {
  readonly address: Address;
  readonly key: string;
  readonly folder: string;
  readonly act: 'open' | 'batches' | 'one' | 'verify';
  /** Of the content that is verified. */
  readonly digest?: string;
  readonly batches?: number;
  readonly name?: string;
  /** Milliseconds that a request takes to the server, and its answer back. */
  readonly latencyMs: number;
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders;
let [requests, bytes] = [0, 0];
const counted = (port: HttpPort): HttpPort => ({
  async send(request) {
    requests++;
    if (request.body instanceof Uint8Array) bytes += request.body.length;
    else if (request.body) bytes += request.body.size;
    await nodeClock.sleep(orders.latencyMs);
    const response = await port.send(request);
    await nodeClock.sleep(orders.latencyMs);
    return {
      ...response,
      body: (async function* () {
        for await (const part of response.body) {
          bytes += part.length;
          yield part;
        }
      })(),
    };
  },
});
let since = performance.now();
const take = () => {
  const now = performance.now();
  const taken = { requests, kb: Math.round(bytes / 102.4) / 10, ms: Math.round(now - since) };
  [requests, bytes, since] = [0, 0, now];
  return taken;
};

const drive = openAddress(orders.address, { http: counted, files: (port) => port });
const key = parseKey(orders.key);
const cipher = createStoreCipher(key, await createVault(key));
const random = (length: number) => new Uint8Array(randomBytes(length));
const store = createDriveState({ drive, folder: parsePath(orders.folder), clock: nodeClock, staleMs: 250, cipher });
const occurrence = (name: string): Occurrence => ({
  event: 'Register',
  asset: sha256Hex(`asset ${name}`),
  occasion: 'first',
  observedAt: Date.now(),
  subjects: [{ sha256: sha256Hex(name) }],
  masked: { name: `${name}.jpg`, path: `/Linked/${name}.jpg` },
});

since = performance.now();
const ledger = await openLedger({ store, key, clock: nodeClock, random });
await ledger.log.head();
const open = take();
const result: Record<string, unknown> = { open };
if (orders.act === 'one') {
  await ledger.log.append([occurrence(`one ${orders.name}`)]);
  result.one = take();
}
if (orders.act === 'batches') {
  const costs = [];
  for (let batch = 0; batch < orders.batches!; batch++) {
    await ledger.log.append(Array.from({ length: 256 }, (_, at) => occurrence(`${orders.name} ${batch} ${at}`)));
    costs.push(take());
  }
  result.batches = costs;
}
if (orders.act === 'verify') {
  const verdict = await verifyInLedger(ledger, { digests: { sha256: orders.digest! } });
  result.verify = take();
  result.answer = verdict.answer === 'known' && verdict.versions.every(({ proof }) => proof.holds) ? 'known' : 'wrong';
}
await store.close();
result.close = take();
console.log(JSON.stringify({ ...result, rss: process.resourceUsage().maxRSS / 1024 }));
