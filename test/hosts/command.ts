import type { ChildProcess, SpawnOptionsWithoutStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

const tailLength = 4000;

/** A program ended otherwise than well. `said` is the end of what it said. */
export class CommandError extends Error {
  readonly said: string;

  constructor(command: string, outcome: string, said: string) {
    super(`"${command}" ended with ${outcome}:\n${said.trim()}`);
    this.said = said.trim();
  }
}

/**
 * Runs a program to its end and returns its standard output. On failure the error holds the end of what
 * the program said, because an installer's reason is always in its last lines.
 *
 * With `detached` all that the program has started ends with us, when a signal ends us.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: SpawnOptionsWithoutStdio = {},
): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const letGo = options.detached ? endWithUs(child) : () => {};
  let output = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    said = (said + text).slice(-tailLength);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-tailLength);
  });
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code !== 0) throw new CommandError([program, ...args].join(' '), signal ?? `code ${code}`, said);
    return output;
  } finally {
    letGo();
  }
}

/** A group of its own does not hear the terminal's Ctrl-C, so it is told. */
function endWithUs(child: ChildProcess): () => void {
  const end = (signal: NodeJS.Signals = 'SIGTERM') => {
    try {
      process.kill(-(child.pid as number), signal);
    } catch {
      // It has ended by itself.
    }
  };
  const onSignal = (signal: NodeJS.Signals) => {
    end(signal);
    if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
  };
  const onExit = () => end();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  process.on('exit', onExit);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
    process.off('exit', onExit);
  };
}
