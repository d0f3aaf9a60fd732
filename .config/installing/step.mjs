// The steps of a command, each told on standard error: how many there are, how long it has run, and what runs now.
import { readdirSync, readFileSync } from 'node:fs';

const heartbeatMilliseconds = 20_000;
const commandStarted = Number(process.env.DOSSIER_STARTED ?? Date.now());
let [begun = 0, planned = 0] = (process.env.DOSSIER_STEPS ?? '0/0').split('/').map(Number);

/**
 * One line on standard error; results go to standard output.
 *
 * @param {string} line
 */
export function progress(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * How many steps the command has, to be told with each of them. What is not foreseen is counted as it comes.
 *
 * @param {number} steps
 */
export function planSteps(steps) {
  planned = steps;
}

/**
 * Counts steps that another process has told.
 *
 * @param {number} steps
 */
export function skipSteps(steps) {
  begun += steps;
}

/** What a process that goes on with the command must be given, so that it goes on counting. */
export function stepEnvironment() {
  return { DOSSIER_STARTED: String(commandStarted), DOSSIER_STEPS: `${begun}/${planned}` };
}

/**
 * Tells that a step begins, now and then that it still runs, and how long it took.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function step(name, action) {
  const started = Date.now();
  begun += 1;
  const place = begun;
  const tell = (/** @type {string} */ what) =>
    progress(
      `[${planned < place ? place : `${place}/${planned}`}, ${clock(Date.now() - commandStarted)}] ${name}${what}`,
    );
  tell(' ...');
  const heartbeat = setInterval(
    () => tell(`: still at it after ${clock(Date.now() - started)}${running()}`),
    heartbeatMilliseconds,
  );
  try {
    const result = await action();
    tell(`: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}

/** @param {number} milliseconds */
function clock(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The programs at the end of our tree of processes, where the system shows it. */
function running() {
  try {
    const processes = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(readProcess);
    const ours = new Set([process.pid]);
    for (let size = 0; size < ours.size; ) {
      size = ours.size;
      for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
    }
    const parents = new Set(processes.map(({ parent }) => parent));
    const last = processes.filter(
      ({ pid, name }) => pid !== process.pid && ours.has(pid) && !parents.has(pid) && name !== 'cat',
    );
    const names = [...new Set(last.map(({ name }) => name))];
    return names.length > 0 ? `, running ${names.join(', ')}` : '';
  } catch {
    return '';
  }
}

/**
 * Of `pid (name) state parent`, where the name may hold anything. A process may be gone by now.
 *
 * @param {string} pid
 */
function readProcess(pid) {
  try {
    const [, name, parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return parent === undefined ? [] : [{ pid: Number(pid), name: String(name), parent: Number(parent) }];
  } catch {
    return [];
  }
}
