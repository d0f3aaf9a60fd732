/** Bandwidth: each connection has one budget per direction, spent in the order of its bytes. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface Direction {
  freeAt: number;
}

const directions = { in: new WeakMap<Socket, Direction>(), out: new WeakMap<Socket, Direction>() };
/** Shorter waits than this are added up rather than slept. */
const graceMs = 4;

export async function pace(socket: Socket, side: 'in' | 'out', bytes: number, bytesPerSecond: number | undefined): Promise<void> {
  if (bytesPerSecond === undefined) return;
  const budget = directions[side].get(socket) ?? { freeAt: 0 };
  directions[side].set(socket, budget);
  budget.freeAt = Math.max(budget.freeAt, performance.now()) + (bytes / bytesPerSecond) * 1000;
  const wait = budget.freeAt - performance.now();
  if (wait > graceMs) await sleep(wait);
}
