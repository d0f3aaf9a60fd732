import type { SpawnOptionsWithoutStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const tailLength = 4000;

/**
 * Runs a program to its end and returns its standard output. On failure the error holds the end of what
 * the program said, because an installer's reason is always in its last lines.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: SpawnOptionsWithoutStdio = {},
): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    said = (said + text).slice(-tailLength);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-tailLength);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) {
    throw new Error(`"${[program, ...args].join(' ')}" ended with ${signal ?? `code ${code}`}:\n${said.trim()}`);
  }
  return output;
}
