import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A line with a length and a width: everything that passes takes `latencyMs` each way, and no connection carries more
 * than `bandwidth` bytes per second and direction, nor all of them together more than `lineBandwidth`. Setting up a connection costs its round trip as well. There is no
 * slow start and no loss.
 */
export interface Line {
  readonly port: number;
  close(): Promise<void>;
}

export interface Shape {
  readonly latencyMs: number;
  readonly bandwidth: number;
  /** Bytes per second and direction, over all connections; without it there is no such limit. */
  readonly lineBandwidth?: number;
}

/** One direction of the line, which all connections share: when it is free again. */
interface Shared {
  free: number;
}

export async function startLine(port: number, targetPort: number, shape: Shape): Promise<Line> {
  const open = new Set<Socket>();
  const [up, down]: Shared[] = [{ free: 0 }, { free: 0 }];
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.resetAndDestroy());
      socket.once('close', () => {
        open.delete(socket);
        if (socket.errored) other.resetAndDestroy();
      });
    }
    carry(client, target, shape, 2 * shape.latencyMs, up as Shared);
    carry(target, client, shape, 0, down as Shared);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** One direction. At most what is under way on the line, and a little more, is held in memory. */
function carry(from: Socket, to: Socket, shape: Shape, setupMs: number, line: Shared): void {
  const { latencyMs, bandwidth, lineBandwidth = Number.POSITIVE_INFINITY } = shape;
  const window = Math.max(256 * 1024, (bandwidth * latencyMs) / 500);
  let free = performance.now() + setupMs;
  let underWay = 0;
  let last = Promise.resolve();

  from.on('data', (bytes: Buffer) => {
    line.free = Math.max(line.free, performance.now()) + (bytes.length / lineBandwidth) * 1000;
    free = Math.max(Math.max(free, performance.now()) + (bytes.length / bandwidth) * 1000, line.free);
    const due = free + latencyMs;
    underWay += bytes.length;
    if (underWay > window) from.pause();
    last = last.then(async () => {
      await until(due);
      if (!to.destroyed && !to.write(bytes)) await drained(to);
      underWay -= bytes.length;
      if (underWay <= window) from.resume();
    });
  });
  from.once('end', () => {
    last = last.then(async () => {
      await until(Math.max(free, performance.now()) + latencyMs);
      to.end();
    });
  });
}

function until(time: number): Promise<void> | undefined {
  const left = time - performance.now();
  // Timers are no finer than a millisecond.
  return left < 1 ? undefined : new Promise((resolve) => setTimeout(resolve, left));
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
