import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, onFreePorts } from '../../hosts/freePort.ts';
import { startHostProcess } from '../../hosts/hostProcess.ts';

const startOn = (port: number) =>
  startHostProcess({
    name: 'The host',
    args: ['-e', `require('http').createServer().listen(${port}, '127.0.0.1', () => console.log('listening'))`],
    env: process.env,
    cwd: import.meta.dirname,
    ready: /listening/,
    startMilliseconds: 30_000,
    secrets: [],
  });

it('starts a host on another port where somebody has taken the one that was free', async () => {
  const taken = await freePort();
  const somebody = createServer().listen(taken, '127.0.0.1');
  await once(somebody, 'listening');
  const tried: number[] = [];
  const host = await onFreePorts((port) => {
    tried.push(tried.length === 0 ? taken : port);
    return startOn(tried.at(-1) as number);
  });
  await host.stop();
  somebody.close();
  expect(tried).toHaveLength(2);
  expect(tried[1]).not.toBe(taken);
});

it('gives up where the ports of three tries are taken', async () => {
  let tries = 0;
  const start = () => Promise.reject(new Error(`listen EADDRINUSE, try ${++tries}`));
  await expect(onFreePorts(start)).rejects.toThrow('try 3');
});

it('does not try again what fails for another reason', async () => {
  let tries = 0;
  const start = () => Promise.reject(new Error(`no disk, try ${++tries}`));
  await expect(onFreePorts(start)).rejects.toThrow('no disk, try 1');
});
