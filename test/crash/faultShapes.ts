import type { ErrorCode } from '../../shared/core/errors.ts';

export const faultNames = [
  'reset',
  'stall',
  'cut body',
  '401',
  '403',
  '408',
  '409',
  '423',
  '429',
  '500',
  '502 HTML',
  '503',
  '507',
  'wrong answer',
] as const;

export type FaultName = (typeof faultNames)[number];

/** What a client should make of a fault that does not pass. */
export interface Meaning {
  readonly codes: readonly ErrorCode[];
  /** Whether repeating the request makes sense at all. */
  readonly repeated: boolean;
}

export const meaningOfFault: Readonly<Record<FaultName, Meaning>> = {
  'reset': { codes: ['offline', 'timeout'], repeated: true },
  'stall': { codes: ['timeout', 'offline'], repeated: true },
  'cut body': { codes: ['offline', 'timeout'], repeated: true },
  '401': { codes: ['unauthorized'], repeated: false },
  '403': { codes: ['forbidden'], repeated: false },
  '408': { codes: ['timeout'], repeated: true },
  '409': { codes: ['server-error', 'parent-missing'], repeated: true },
  '423': { codes: ['locked'], repeated: true },
  '429': { codes: ['rate-limited'], repeated: true },
  '500': { codes: ['server-error'], repeated: true },
  '502 HTML': { codes: ['server-error', 'offline'], repeated: true },
  '503': { codes: ['server-error', 'offline'], repeated: true },
  '507': { codes: ['quota-exceeded'], repeated: false },
  'wrong answer': { codes: ['invalid-response'], repeated: false },
};

/** What the server asks for with its 429. */
export const askedWaitSeconds = 7;

/**
 * Milliseconds without an answer after which a client gives up: short where something stalls, for it is waited for in
 * real time, and longer for larger chunks, which a busy machine takes its time over.
 */
export function patienceMs(stalls: boolean, chunkSize: number): number {
  return stalls ? 500 + chunkSize / 4096 : 30_000;
}
