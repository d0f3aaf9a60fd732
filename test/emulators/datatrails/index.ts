/**
 * DataTrails on the loopback interface, as far as an integration sees it: client credentials, assets, events, public
 * listings. Holds to the shapes of its published API: https://github.com/datatrails/datatrails-openapi
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseNewAsset, parseNewEvent } from './shapes.ts';
import { createTenancy, type StoredAsset, type StoredEvent } from './tenancy.ts';

/** What goes wrong with one coming request: refused; cut off before anything was done; done, and the answer lost. */
export type DatatrailsFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'cut'
  | 'lost';
/** Which requests a fault waits for. */
export type FaultPlace = 'token' | 'read' | 'write';

export interface DatatrailsEmulatorOptions {
  /** How often something has to be looked at until it is stored. */
  readonly looks?: number;
  readonly pageSize?: number;
}

export interface DatatrailsEmulator {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly assets: readonly StoredAsset[];
  readonly events: readonly StoredEvent[];
  fault(place: FaultPlace, ...faults: DatatrailsFault[]): void;
  /** All tokens that were given are worth nothing any more. */
  expireTokens(): void;
  /** Whether an access policy names the integration; without, listings are empty and nothing may be made. */
  permit(permitted: boolean): void;
  /** Method, path and body of each request, as they came. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly body: string }[];
  close(): Promise<void>;
}

const longestBody = 1_048_576;

export async function startDatatrailsEmulator({
  looks = 0,
  pageSize = 100,
}: DatatrailsEmulatorOptions = {}): Promise<DatatrailsEmulator> {
  const tenancy = createTenancy(looks);
  const [clientId, clientSecret] = [randomBytes(8).toString('hex'), randomBytes(16).toString('hex')];
  const faults: Record<FaultPlace, DatatrailsFault[]> = { token: [], read: [], write: [] };
  const requests: { method: string; path: string; body: string }[] = [];
  let tokens = new Set<string>();
  let permitted = true;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    requests.push({ method, path: pathname, body });
    const path = pathname.replace(/^\/archivist\//, '');
    const place: FaultPlace = path === 'iam/v1/appidp/token' ? 'token' : method === 'GET' ? 'read' : 'write';
    const fault = faults[place].shift();
    if (fault === 'cut') return void request.socket.destroy();
    if (typeof fault === 'object')
      return void response.writeHead(fault.status, fault.headers).end('refused by the test');
    const [status, value] = answerTo(method, path, searchParams, body, request.headers.authorization);
    if (fault === 'lost') return void request.socket.destroy();
    if (typeof value === 'string') return void response.writeHead(status, { 'Content-Type': 'text/plain' }).end(value);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  };

  const answerTo = (
    method: string,
    path: string,
    query: URLSearchParams,
    body: string,
    authorization: string | undefined,
  ): [number, unknown] => {
    if (path === 'iam/v1/appidp/token')
      return method === 'POST' ? giveToken(new URLSearchParams(body)) : [405, 'method not allowed'];
    if (path.startsWith('v2/publicassets/'))
      return method === 'GET'
        ? publicAnswer(path.slice('v2/publicassets/'.length), query)
        : [405, 'method not allowed'];
    if (!tokens.has(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '')) return [401, 'unauthenticated'];
    if (path === 'v2/assets') {
      if (method === 'GET')
        return listing(
          'assets',
          permitted ? [...tenancy.assets.values()].filter((asset) => matches(asset, query)) : [],
          query,
        );
      const asset = permitted ? parseNewAsset(parsed(body)) : undefined;
      return asset ? [200, tenancy.createAsset(asset)] : permitted ? [400, 'bad request'] : [403, 'permission denied'];
    }
    const [, identity, isEvents] =
      /^v2\/(assets\/(?:-|[0-9a-f-]{36}(?:\/events\/[0-9a-f-]{36})?))(\/events)?$/.exec(path) ?? [];
    if (identity === undefined) return [404, 'not found'];
    const asset = tenancy.assets.get(identity);
    if (!permitted && identity !== 'assets/-') return [403, 'permission denied'];
    if (method === 'POST') {
      const event = isEvents ? parseNewEvent(parsed(body)) : undefined;
      return !asset ? [404, 'not found'] : event ? [200, tenancy.createEvent(asset, event)] : [400, 'bad request'];
    }
    if (!isEvents) {
      const found = tenancy.look(identity);
      return found ? [200, found] : [404, 'not found'];
    }
    if (!asset && identity !== 'assets/-') return [404, 'not found'];
    return listing(
      'events',
      permitted
        ? tenancy.events.filter((event) => (!asset || event.asset_identity === identity) && matches(event, query))
        : [],
      query,
    );
  };

  const giveToken = (form: URLSearchParams): [number, unknown] => {
    if (
      form.get('grant_type') !== 'client_credentials' ||
      form.get('client_id') !== clientId ||
      form.get('client_secret') !== clientSecret
    )
      return [401, 'invalid_client'];
    const token = randomBytes(24).toString('base64url');
    tokens.add(token);
    return [200, { access_token: token, expires_in: 3660, token_type: 'Bearer' }];
  };

  /** What everybody sees: public assets only, under names of their own. */
  const publicAnswer = (rest: string, query: URLSearchParams): [number, unknown] => {
    const [, uuid, isEvents] = /^(-|[0-9a-f-]{36})(\/events)?$/.exec(rest) ?? [];
    const publicly = (identity: string) => identity.replace(/^assets/, 'publicassets');
    const isShown = ({ asset_identity }: StoredEvent) =>
      tenancy.assets.get(asset_identity)?.public === true && (uuid === '-' || asset_identity === `assets/${uuid}`);
    if (uuid === undefined) return [404, 'not found'];
    if (!isEvents) {
      const asset = tenancy.assets.get(`assets/${uuid}`);
      return asset?.public ? [200, { ...asset, identity: publicly(asset.identity) }] : [404, 'not found'];
    }
    const shown = tenancy.events.filter((event) => isShown(event) && matches(event, query));
    return listing(
      'events',
      shown.map((event) => ({
        ...event,
        identity: publicly(event.identity),
        asset_identity: publicly(event.asset_identity),
      })),
      query,
    );
  };

  /** The newest first, in pages. */
  const listing = (member: string, items: readonly unknown[], query: URLSearchParams): [number, unknown] => {
    const from = Number(query.get('page_token')?.replace(/^page-/, '') ?? 0);
    const size = Math.min(pageSize, Number(query.get('page_size') ?? pageSize));
    const page = [...items].reverse().slice(from, from + size);
    return [200, { [member]: page, next_page_token: from + size < items.length ? `page-${from + size}` : '' }];
  };

  const server = createServer(
    (request, response) => void handle(request, response).catch(() => request.socket.destroy()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId,
    clientSecret,
    get assets() {
      return [...tenancy.assets.values()];
    },
    events: tenancy.events,
    fault: (place, ...some) => void faults[place].push(...some),
    expireTokens: () => void (tokens = new Set()),
    permit: (whether) => void (permitted = whether),
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Filters are written `attributes.name=value`, and so for the two kinds of an event. */
function matches(item: StoredAsset | StoredEvent, query: URLSearchParams): boolean {
  for (const [name, value] of query) {
    const [, map, attribute] = /^(attributes|asset_attributes|event_attributes)\.(.+)$/.exec(name) ?? [];
    if (map === undefined || attribute === undefined) continue;
    const attributes = (item as unknown as Record<string, Record<string, unknown> | undefined>)[map];
    if (attributes?.[attribute] !== value) return false;
  }
  return true;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > longestBody) throw new Error('too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
