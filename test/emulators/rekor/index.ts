/**
 * A Rekor v2 log on the loopback interface, as far as writers see it: takes `hashedrekord` entries that are signed,
 * answers with a transparency log entry under a checkpoint of its own key. Rules:
 * https://github.com/sigstore/rekor-tiles/blob/main/CLIENTS.md
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSignatureOver } from './ecdsa.ts';
import { createNoteSigner } from './note.ts';
import { auditPath, leafHash, rootHash } from './tree.ts';

/** What goes wrong with one coming entry: refused; cut off before anything was done; entered, and the answer lost. */
export type RekorFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'cut'
  | 'lost';

export interface RekorEmulatorOptions {
  /** Knows an entry that it holds already and answers with that; real ones do so most of the time, and need not. */
  readonly dedupes?: boolean;
}

export interface RekorEmulator {
  readonly url: string;
  readonly origin: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Leaves as they lie in the log. */
  readonly entries: readonly string[];
  /** Taken by the coming requests, one each. */
  readonly faults: RekorFault[];
  /** Changes every coming answer; undefined to stop. */
  alter(change: ((answer: Record<string, unknown>) => unknown) | undefined): void;
  readonly requests: number;
  close(): Promise<void>;
}

const longestBody = 4 * 1024 * 1024;

export async function startRekorEmulator({ dedupes = true }: RekorEmulatorOptions = {}): Promise<RekorEmulator> {
  const signer = createNoteSigner('rekor.example');
  const entries: string[] = [];
  const leaves: Uint8Array[] = [];
  const places = new Map<string, number>();
  const faults: RekorFault[] = [];
  let alteration: ((answer: Record<string, unknown>) => unknown) | undefined;
  let requests = 0;

  const enter = (body: string): number => {
    const before = dedupes ? places.get(body) : undefined;
    if (before !== undefined) return before;
    leaves.push(leafHash(Buffer.from(body)));
    places.set(body, entries.push(body) - 1);
    return entries.length - 1;
  };
  const describe = (index: number, body: string): Record<string, unknown> => {
    const root = rootHash(leaves);
    return {
      logIndex: String(index),
      logId: { keyId: signer.keyId.toString('base64') },
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      integratedTime: '0',
      inclusionPromise: null,
      inclusionProof: {
        logIndex: String(index),
        rootHash: Buffer.from(root).toString('base64'),
        treeSize: String(leaves.length),
        hashes: auditPath(index, leaves).map((hash) => Buffer.from(hash).toString('base64')),
        checkpoint: { envelope: signer.checkpoint(leaves.length, root) },
      },
      canonicalizedBody: Buffer.from(body).toString('base64'),
    };
  };
  const answer = (
    response: ServerResponse,
    status: number,
    value: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): void => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests++;
    if (request.method === 'GET' && request.url === '/api/v2/checkpoint')
      return void response
        .writeHead(200, { 'Content-Type': 'text/plain' })
        .end(signer.checkpoint(leaves.length, rootHash(leaves)));
    if (request.method !== 'POST' || request.url !== '/api/v2/log/entries')
      return answer(response, 404, { code: 5, message: 'Not Found' });
    const fault = faults.shift();
    if (fault === 'cut') return void request.socket.destroy();
    if (typeof fault === 'object')
      return answer(response, fault.status, { code: 14, message: 'refused by the test' }, fault.headers);
    const body = await canonicalBody(request);
    if (body === undefined) return answer(response, 400, { code: 3, message: 'invalid entry' });
    const index = enter(body);
    if (fault === 'lost') return void request.socket.destroy();
    // Several that come together are answered under one checkpoint.
    await new Promise((resolve) => setImmediate(resolve));
    const entry = describe(index, body);
    answer(response, 201, alteration ? alteration(entry) : entry);
  };

  const server = createServer(
    (request, response) => void handle(request, response).catch(() => request.socket.destroy()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    origin: signer.origin,
    publicKey: signer.publicKey,
    entries,
    faults,
    alter: (change) => void (alteration = change),
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * The entry as it is put into the log, keys sorted; undefined when the request is malformed or the signature is not
 * over the digest.
 */
async function canonicalBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > longestBody) return undefined;
    pieces.push(piece);
  }
  try {
    const { hashedRekordRequestV002: entry, ...others } = JSON.parse(Buffer.concat(pieces).toString()) as Record<
      string,
      {
        digest: string;
        signature: { content: string; verifier: { keyDetails: string; publicKey: { rawBytes: string } } };
      }
    >;
    if (!entry || Object.keys(others).length > 0) return undefined;
    const {
      digest,
      signature: {
        content,
        verifier: {
          keyDetails,
          publicKey: { rawBytes },
        },
      },
    } = entry;
    const [hash, signature, key] = [digest, content, rawBytes].map((text) => Buffer.from(text, 'base64')) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    if (keyDetails !== 'PKIX_ECDSA_P256_SHA_256' || !isSignatureOver(hash, signature, key)) return undefined;
    const verifier = { keyDetails, publicKey: { rawBytes: key.toString('base64') } };
    return JSON.stringify({
      apiVersion: '0.0.2',
      kind: 'hashedrekord',
      spec: {
        hashedRekordV002: {
          data: { algorithm: 'SHA2_256', digest: hash.toString('base64') },
          signature: { content: signature.toString('base64'), verifier },
        },
      },
    });
  } catch {
    return undefined;
  }
}
