import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import {
  type Connection,
  type ConnectionTest,
  serverOf,
  testConnection,
  testReport,
  toText,
  trialReport,
  trialVerdict,
  tryDrive,
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

/** Tries on the drive itself what Dossier asks of every drive, and shows what it keeps. */
export async function showDriveTrial(services: Services, pages: Pages, connection: Connection): Promise<void> {
  const go = vscode.l10n.t('Test This Drive');
  const detail = vscode.l10n.t(
    'Small files and folders are written into a new folder in {0}, changed and removed again. It takes up to five minutes.',
    connection.folder,
  );
  const question = vscode.l10n.t('Test the drive of "{0}"?', connection.name);
  if ((await vscode.window.showInformationMessage(question, { modal: true, detail }, go)) !== go) return;
  const drive = await services.connections.open(connection.id);
  const trial = await withProgress(vscode.l10n.t('Testing the drive of {0}', connection.name), (signal, tell) =>
    tryDrive(drive, connection.folder, {
      clock: nodeClock,
      randomBytes,
      context: { signal },
      onStep: (promise, number, count) => tell(`${number}/${count} ${toText(promise, translate)}`),
    }),
  );
  const title = vscode.l10n.t('Drive test of {0}', connection.name);
  const about = `${hostKindOf(connection).label} · ${placeOfConnection(connection)}`;
  const report = trialReport(trial, { title, about }, translate);
  await pages.preview(title, report);
  const isWhole = trial.results.every(({ state }) => state === 'kept' || state === 'skipped');
  await offerCopy(`${connection.name}: ${toText(trialVerdict(trial), translate)}`, report, !isWhole);
}

/** Says the result, and puts the page on the clipboard when it is asked for. */
export async function offerCopy(sentence: string, report: string, failed: boolean): Promise<void> {
  const copy = vscode.l10n.t('Copy Report');
  const show = failed ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  void show(sentence, copy).then((chosen) => (chosen === copy ? vscode.env.clipboard.writeText(report) : undefined));
}
