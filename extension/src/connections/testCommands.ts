import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import {
  type Connection,
  type ConnectionTest,
  serverOf,
  testConnection,
  testReport,
  toText,
  verdictOf,
} from '../../../shared/index.ts';
import { hostKindOf } from '../kinds/index.ts';
import { httpOf, openConnection, reachOf } from '../model/connections/openConnection.ts';
import { nodeClock } from '../node/nodeClock.ts';
import type { Services } from '../services.ts';
import type { Pages } from '../ui/pages.ts';
import { translate } from '../ui/problems.ts';
import { withProgress } from '../ui/progress.ts';
import { placeOfConnection } from './connectionTree.ts';

/** Tests a connection step by step and shows what each found, as a page that can be copied. */
export async function showConnectionTest(services: Services, pages: Pages, connection: Connection): Promise<void> {
  const test = await withProgress(vscode.l10n.t('Testing {0}', connection.name), (signal) =>
    runTest(services, connection, signal),
  );
  const title = vscode.l10n.t('Test of {0}', connection.name);
  const about = `${hostKindOf(connection).label} · ${placeOfConnection(connection)}`;
  const report = testReport(test, { title, about }, translate);
  await pages.preview(title, report);
  await offerCopy(`${connection.name}: ${toText(verdictOf(test), translate)}`, report, test.failed !== undefined);
}

async function runTest(
  { connections }: Services,
  connection: Connection,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const secrets = await connections.secrets(connection.id);
  const subject = {
    kind: connection.kind,
    address: serverOf(connection),
    folder: connection.folder,
    folderIsMade: true,
    writes: true,
    proxy: connection.proxy,
  };
  return testConnection(subject, {
    http: httpOf(connection, secrets),
    // A drive of its own: what others learned, and the password that they were refused with, is not believed.
    open: async () => openConnection(connection, secrets, (renewed) => connections.save(connection, renewed)),
    clock: nodeClock,
    randomBytes,
    reach: reachOf(connection, secrets),
    signal,
  });
}

/** Says the result, and puts the page on the clipboard when it is asked for. */
export async function offerCopy(sentence: string, report: string, failed: boolean): Promise<void> {
  const copy = vscode.l10n.t('Copy Report');
  const show = failed ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  void show(sentence, copy).then((chosen) => (chosen === copy ? vscode.env.clipboard.writeText(report) : undefined));
}
