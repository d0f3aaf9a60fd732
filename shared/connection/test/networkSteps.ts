import { drain } from '../../core/bytes.ts';
import { DossierError, isDossierError, toDossierError } from '../../core/errors.ts';
import { printable } from '../../core/paths.ts';
import { type Sentence, say } from '../../core/sentence.ts';
import { isNameFailure } from '../../core/transportError.ts';
import { greetingOf } from '../connection.ts';
import { isLoopback } from '../nextcloudServer.ts';
import { type Bench, type Contact, type Finding, failure } from './bench.ts';

/** Greets the server; undefined where there is none. */
export async function contactServer({ subject, ports }: Bench): Promise<Contact | undefined> {
  if (subject.address === undefined) return undefined;
  const greeting = greetingOf(subject.kind, subject.address);
  const { signal } = ports;
  try {
    checkAddress(greeting.url);
    const { headers, body } = await ports.http.send({ ...greeting, anonymous: true, ...(signal && { signal }) });
    await drain(body);
    return { reached: true, headers };
  } catch (thrown) {
    const error = toDossierError(thrown, 'offline');
    if (isDossierError(error, 'cancelled')) throw error;
    return { reached: false, step: stepOf(error), error };
  }
}

function checkAddress(address: string): void {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw new DossierError('invalid-input', say`"${printable(address)}" is not the address of a server`, {
      where: 'address',
      advice: 'Give the whole address, beginning with https://',
    });
}

function stepOf(error: DossierError): 'name' | 'proxy' | 'tls' {
  if (error.where === 'proxy') return 'proxy';
  return error.where === 'address' || isNameFailure(error) ? 'name' : 'tls';
}

const noServer: Finding = { state: 'skipped', found: say`There is no server: the folder lies on this computer` };

const usesProxy = ({ subject: { proxy } }: Bench): boolean =>
  proxy !== undefined && proxy.type !== 'system' && proxy.type !== 'none';

export async function testName(bench: Bench): Promise<Finding> {
  const { contact, ports, subject } = bench;
  if (!contact || subject.address === undefined) return noServer;
  if (!contact.reached && contact.step === 'name') return failure(contact.error);
  const { hostname } = new URL(subject.address);
  if (usesProxy(bench)) return { state: 'good', found: say`The proxy looks up ${hostname}` };
  if (!ports.reach) return { state: 'good', found: say`${hostname} was found` };
  try {
    const addresses = await ports.reach.lookUp(hostname.replace(/^\[|\]$/g, ''), ports.signal);
    return { state: 'good', found: say`${hostname} is ${addresses.join(', ')}` };
  } catch (thrown) {
    // Where the editor's own proxy looks names up, this computer need not be able to.
    if (contact.reached) return { state: 'notice', found: say`This computer cannot look up ${hostname}; a proxy can` };
    throw thrown;
  }
}

export async function testProxy(bench: Bench): Promise<Finding> {
  const { contact, ports, subject } = bench;
  if (!contact) return noServer;
  if (!contact.reached && contact.step === 'proxy') return failure(contact.error);
  const { proxy } = subject;
  if (!proxy) return { state: 'skipped', found: say`The way to the network is the host’s own` };
  if (proxy.type === 'none') return { state: 'good', found: say`No proxy: directly` };
  if (proxy.type === 'system') return { state: 'good', found: say`As the editor is set` };
  await ports.reach?.proxy(ports.signal);
  return { state: 'good', found: say`${proxy.type} ${proxy.address ?? ''}:${proxy.port ?? ''} answers` };
}

export async function testTls({ contact, ports, subject }: Bench): Promise<Finding> {
  if (!contact || subject.address === undefined) return noServer;
  const { reach, signal } = ports;
  const { protocol, hostname, host } = new URL(subject.address);
  if (!contact.reached) {
    const issuer = isDossierError(contact.error, 'untrusted-certificate')
      ? await reach?.certificate(subject.address, signal).catch(() => undefined)
      : undefined;
    const finding = failure(contact.error);
    return issuer ? { ...finding, found: say`${finding.found} (signed by ${issuer.issuer})` } : finding;
  }
  if (protocol === 'http:')
    return isLoopback(hostname)
      ? { state: 'good', found: say`${host} answers; nothing leaves this computer` }
      : {
          state: 'notice',
          found: say`${host} answers without encryption`,
          advice: say`Everybody on the way can read the password and the reports: ask the administrator for https`,
        };
  const seen = await reach?.certificate(subject.address, signal).catch(() => undefined);
  return { state: 'good', found: seen ? said(seen, host, reach?.trust) : say`${host} answers, encrypted` };
}

function said(
  { issuer, validUntil, protocol }: { issuer: string; validUntil: number; protocol: string },
  host: string,
  trust: Sentence | undefined,
): Sentence {
  const until = new Date(validUntil).toISOString().slice(0, 10);
  const found = say`${host} answers over ${protocol}; its certificate was signed by ${issuer} and is valid until ${until}`;
  return trust ? say`${found} (${trust})` : found;
}

/** Difference, milliseconds, from which on sign-ins and time stamps may suffer. */
const tolerance = 60_000;

export async function testClock({ contact, ports }: Bench): Promise<Finding> {
  if (!contact) return noServer;
  const date = contact.reached ? Date.parse(contact.headers['date'] ?? '') : NaN;
  if (Number.isNaN(date)) return { state: 'skipped', found: say`The server does not tell its time` };
  const seconds = Math.round((ports.clock.now() - date) / 1000);
  if (Math.abs(seconds) * 1000 <= tolerance)
    return { state: 'good', found: say`The clocks agree within ${Math.max(1, Math.abs(seconds))} s` };
  return {
    state: 'notice',
    found:
      seconds > 0
        ? say`The clock here is ${seconds} s ahead of the server’s`
        : say`The clock here is ${-seconds} s behind the server’s`,
    advice: say`Set the wrong one of the two clocks: sign-ins and time stamps depend on them`,
  };
}
