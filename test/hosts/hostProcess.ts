import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const logLength = 400_000;
const tailLength = 4_000;
const stopMilliseconds = 10_000;

/** What a started host is and how it is begun. */
export interface HostProcessOptions {
  /** Shown in error messages. */
  name: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** The host is up when its output matches. */
  ready: RegExp;
  startMilliseconds: number;
  /** Never shown in the log or in an error. */
  secrets: readonly string[];
}

/** A host that runs until it is stopped, or until this process ends, whichever is first. */
export interface HostProcess {
  readonly pid: number;
  /** What matched `ready`. */
  readonly announcement: RegExpMatchArray;
  /** What it said so far, without secrets. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts a program on this Node and waits until it announces that it is ready. */
export async function startHostProcess(options: HostProcessOptions): Promise<HostProcess> {
  // The kernel ends the host together with this process, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...options.args], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const log = () => options.secrets.filter(Boolean).reduce((text, secret) => text.replaceAll(secret, '***'), said);
  const stop = () => stopChild(child);
  const announcement = await new Promise<RegExpMatchArray>((resolve, reject) => {
    const fail = (reason: string) =>
      reject(new Error(`${options.name} ${reason}. It said:\n${log().slice(-tailLength)}`));
    const bound = setTimeout(
      () => fail(`was not ready after ${options.startMilliseconds / 1000} s`),
      options.startMilliseconds,
    );
    const hear = (text: string) => {
      said = (said + text).slice(-logLength);
      const match = options.ready.exec(said);
      if (match === null) return;
      clearTimeout(bound);
      resolve(match);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('error', (error) => fail(`could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      clearTimeout(bound);
      fail(`ended with ${signal ?? `code ${code}`} before it was ready`);
    });
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { pid: child.pid as number, announcement, log, stop };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const bound = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(bound);
}
