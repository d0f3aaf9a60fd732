import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './tree.ts';

/** The first process of the machine takes in what others leave behind, as an init does. */
const boot = `
set -e
tree=$1
mount --make-rprivate /
mount -t proc proc "$tree/proc"
mount --rbind -o ro /sys "$tree/sys" || true
mount -t tmpfs -o mode=755 tmpfs "$tree/dev"
mkdir "$tree/dev/pts" "$tree/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$tree/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$tree/dev/shm"
ln -s pts/ptmx "$tree/dev/ptmx"
ln -s /proc/self/fd "$tree/dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/\${stream%%:*}" "$tree/dev/\${stream##*:}"; done
mknod -m 666 "$tree/dev/null" c 1 3
mknod -m 666 "$tree/dev/zero" c 1 5
mknod -m 666 "$tree/dev/full" c 1 7
mknod -m 666 "$tree/dev/random" c 1 8
mknod -m 666 "$tree/dev/urandom" c 1 9
mknod -m 666 "$tree/dev/tty" c 5 0
echo booted
exec chroot "$tree" /bin/sh -c 'while :; do sleep 1000000 & wait; done'`;

/** A command that runs in a terminal of the machine. */
export interface Session {
  /** Resolves with the first line that matches; rejects when the command ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** The last lines that it said. */
  tail(): string;
  interrupt(): void;
  readonly ended: Promise<number>;
}

/** A machine of its own as far as processes and mounts go; the network is that of the one it runs on. */
export interface Machine extends AsyncDisposable {
  /** Runs a command as somebody would who has logged in and changed to `folder`. All it says is added to `log`. */
  run(account: Account, folder: string, command: string, log: string): Session;
  /** The names of the processes that run in it. */
  processes(): Promise<string[]>;
}

/** Needs root. The machine and all its processes end with `dispose`, or with this process, and `tree` is removed. */
export async function bootMachine(tree: string, keep: boolean): Promise<Machine> {
  const options = ['--pid', '--mount', '--ipc', '--uts', '--fork', '--kill-child'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...options, 'sh', '-c', boot, 'sh', tree], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const booted = await Promise.race([once(child.stdout, 'data').then(() => true), exited.then(() => false)]);
  if (!booted) throw new Error('The fresh machine could not be started; the reason is above. It needs root.');
  const init = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim();
  const space = await readlink(`/proc/${init}/ns/pid`);
  return {
    run: (account, folder, command, log) => {
      const inTerminal = `cd ${quoted(folder)} && script -qefc ${quoted(command)} /dev/null`;
      const enter = ['--target', init, '--pid', '--mount', '--ipc', '--uts', '--', 'chroot', tree];
      return openSession(['nsenter', ...enter, 'su', '-', account.name, '-c', inTerminal], log);
    },
    processes: () => processesIn(space, init),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      for (let wait = 0; wait < 100 && (await processesIn(space, '')).length > 0; wait++) await sleep(100);
      if (!keep) await rm(tree, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function openSession([program, ...args]: string[], log: string): Session {
  const child = spawn(program as string, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  const written = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(written);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    wake();
  });
  const tail = () => lines.slice(-30).join('\n');
  let over = false;
  const ended = once(child, 'close').then(([code]) => {
    over = true;
    wake();
    return (code as number | null) ?? 1;
  });
  return {
    ended,
    tail,
    interrupt: () => void child.stdin.write('\x03'),
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
          if (!found && !over) return;
          waiting.delete(look);
          if (found) resolve(found);
          else
            reject(
              new Error(`It ended without saying ${String(pattern)}. Its last lines:
${tail()}`),
            );
        };
        waiting.add(look);
        look();
      }),
  };
}

/** All but the first process and what it sleeps in. */
async function processesIn(space: string, init: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || pid === init) continue;
    try {
      if ((await readlink(`/proc/${pid}/ns/pid`)) !== space) continue;
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      const name = /^Name:\s*(.*)$/m.exec(status)?.[1] ?? '';
      if (init && name === 'sleep' && /^PPid:\s*(\d+)$/m.exec(status)?.[1] === init) continue;
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').join(' ').trim();
      found.push(`${basename(name)} (${command.slice(0, 200)})`);
    } catch {
      // It has ended by now.
    }
  }
  return found;
}
