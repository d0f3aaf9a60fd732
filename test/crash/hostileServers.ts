/**
 * Starts hostile servers for the campaign in a process of their own, so that their memory is not taken for the
 * client's.
 */
import { attackNames, attacks, type HostileWebdav, startHostileWebdav } from '../emulators/webdav/index.ts';

export interface HostileCase {
  readonly attack: string;
  readonly operation: string;
  readonly outcome: string;
  readonly name?: string;
}

export interface HostilePlace {
  readonly url: string;
  readonly origin: string;
  readonly user: string;
  readonly password: string;
  readonly target: string;
}

export interface HostileVerdict {
  /** Secrets that were told to somebody, and requests that reached a stranger. */
  readonly leaks: readonly string[];
  readonly contacts: readonly string[];
}

export type Question = { readonly id: number } & (
  | { readonly ask: 'cases' }
  | { readonly ask: 'start'; readonly attack: string }
  | { readonly ask: 'finish'; readonly url: string }
);

const running = new Map<string, HostileWebdav>();

async function answer(question: Question): Promise<unknown> {
  if (question.ask === 'cases') {
    return attackNames.map((attack): HostileCase => {
      const { operation, outcome, name } = attacks[attack] as { operation: string; outcome: string; name?: string };
      return { attack, operation, outcome, ...(name !== undefined && { name }) };
    });
  }
  if (question.ask === 'start') {
    const server = await startHostileWebdav({ attack: question.attack });
    running.set(server.url, server);
    const { url, origin, user, password, target } = server;
    return { url, origin, user, password, target } satisfies HostilePlace;
  }
  const server = running.get(question.url) as HostileWebdav;
  running.delete(question.url);
  const verdict: HostileVerdict = {
    leaks: server.leaks.map(({ to, what, method, path }) => `${what} to ${to} by ${method} ${path}`),
    contacts: [...server.contacts],
  };
  await server.close();
  return verdict;
}

process.on('message', (question: Question) => {
  answer(question).then(
    (value) => process.send?.({ id: question.id, value }),
    (error: unknown) => process.send?.({ id: question.id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
