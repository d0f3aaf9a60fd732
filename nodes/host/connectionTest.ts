import { randomBytes } from 'node:crypto';
import {
  type ConnectionTest,
  type DrivePath,
  type HttpPort,
  parseConnection,
  parsePath,
  serverOf,
  testConnection,
} from '../../shared/index.ts';
import { clock } from './clock.ts';
import { fieldsOf, type NamedConnection, openCredential } from './connection.ts';

export interface TestRequest extends NamedConnection {
  /** Sends requests without credentials. */
  readonly http: HttpPort;
  /** Adds the credentials. */
  readonly signed: () => HttpPort;
  /** Folder that is looked at; without it the one of the credential. */
  readonly folder?: DrivePath | undefined;
  /** Whether a small file is written there, read back and removed. */
  readonly writes: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Tests a credential step by step. Repeats nothing. */
export function testCredential(request: TestRequest): Promise<ConnectionTest> {
  const { chosen, data, http, signal, folder, writes } = request;
  const subject = {
    kind: chosen.kind,
    address: addressOf(request),
    folder: folder ?? parsePath(String(data['folder'] ?? '')),
    folderIsMade: false,
    writes,
  };
  const open = async () => (await openCredential({ ...request, http: request.signed(), once: true })).drive;
  return testConnection(subject, {
    http,
    open,
    clock,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    ...(signal && { signal }),
  });
}

/** What cannot be an address is tested as it was typed, so that the first step says so. */
function addressOf(named: NamedConnection): string | undefined {
  try {
    return serverOf(parseConnection(fieldsOf(named)));
  } catch {
    return String(named.data['url'] ?? '').trim();
  }
}
