import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Gives a file by its path without the leading slash; undefined is 404. */
export type StaticFiles = (path: string) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

export interface StaticServer {
  /** Ends with a slash. */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', json: 'application/json' };

/** A web server that knows nothing but files, as those that published ledgers lie on. */
export async function serveFiles(files: StaticFiles): Promise<StaticServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname.slice(1));
    asked.push(path);
    void Promise.resolve(files(path)).then(
      (bytes) => {
        const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
        response.writeHead(bytes ? 200 : 404, { 'content-type': bytes ? type : 'text/plain' });
        response.end(bytes ?? 'Not found');
      },
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
