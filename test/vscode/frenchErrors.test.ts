import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { reasonOf } from '../../extension/src/reports/presentation/reportView.ts';
import { sentenceOf } from '../../extension/src/ui/problems.ts';
import { DossierError, type Interruption, interruptionOf, say, transportError } from '../../shared/index.ts';
import { l10n } from './editorStub.ts';

vi.mock('vscode', () => import('./editorStub.ts'));

beforeAll(() => {
  l10n.bundle = JSON.parse(
    readFileSync(new URL('../../extension/l10n/bundle.l10n.fr.json', import.meta.url), 'utf8'),
  ) as Record<string, string>;
});
afterAll(() => {
  l10n.bundle = undefined;
});

describe('errors in a French editor', () => {
  it('say what happened and to what, and then what can be done', () => {
    expect(sentenceOf(new DossierError('not-found', say`There is nothing at ${'/Rapports'}`))).toBe(
      'Il n’y a rien à /Rapports. Vérifiez que le chemin existe encore.',
    );
    const unknown = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    expect(sentenceOf(transportError(unknown, 'https://cloud.example/x'))).toBe(
      'Le nom du serveur est introuvable (cloud.example). Vérifiez la connexion au réseau et l’adresse du serveur.',
    );
  });

  it('do not take a wrong proxy password for a missing permission', async () => {
    const { createServer } = await import('node:net');
    const { createNodeHttp } = await import('../../extension/src/node/nodeHttp.ts');
    const { proxyAgents } = await import('../../extension/src/node/proxy.ts');
    const proxy = createServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')),
    );
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as { port: number };
    const settings = { type: 'http', address: '127.0.0.1', port, user: 'me' } as const;
    const failed = await createNodeHttp({ agents: proxyAgents(settings, 'wrong') })
      .send({ method: 'GET', url: 'http://cloud.example/', headers: {} })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    proxy.close();
    expect(sentenceOf(failed as DossierError)).toBe(
      'Le proxy de cette connexion refuse le nom d’utilisateur ou le mot de passe : corrigez-les dans les réglages de la connexion.',
    );
  });

  it('are French on a report that was interrupted, also after it was stored', () => {
    const error = new DossierError('source-changed', say`"${'photo.jpg'}" has changed since it was attached`, {
      advice: 'Attach it again.',
    });
    const stored = JSON.parse(JSON.stringify(interruptionOf(error, { now: 0, attempt: 1 }))) as Interruption;
    expect(reasonOf(stored)).toBe(
      '« photo.jpg » a changé depuis qu’il a été joint. Joignez-le à nouveau. (source-changed)',
    );
  });

  it('keep the content of records of earlier versions, which is English', () => {
    const old: Interruption = {
      code: 'offline',
      reason: 'The disk of "a" is gone.',
      mend: 'resume',
      at: 0,
      attempt: 1,
    };
    expect(reasonOf(old)).toBe('The disk of "a" is gone. (offline)');
  });
});
