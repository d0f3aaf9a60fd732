import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  digestsOfSource,
  fingerprintInLink,
  folderAddress,
  openPublished,
  type PublishedLedger,
  type PublishedVerdict,
  readPublished,
  trustedTime,
} from '../../../shared/index.ts';
import { attachmentOf, createFileSources } from '../model/files/fileSources.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import { believedChains } from '../model/ledger/timestamping.ts';
import { createNodeHttp } from '../node/nodeHttp.ts';
import type { Services } from '../services.ts';
import type { Pages } from '../ui/pages.ts';
import { withProgress } from '../ui/progress.ts';
import { mayBeUsed, pageOf, summaryOf } from './verdictPage.ts';

/** Asks a ledger that somebody has published about a file, without a key and without a connection. */
export async function verifyAtAddress(
  { files, clock }: Services,
  ledgers: Ledgers,
  pages: Pages,
  path: string,
): Promise<void> {
  const title = vscode.l10n.t('Verify Against an Address');
  const pasted = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('The verification link that you got from the owner, or the address of the published folder'),
    placeHolder: 'https://example.org/ledger/verify.html#key=…',
    ignoreFocusOut: true,
  });
  if (!pasted) return;
  const address = folderAddress(pasted);
  const fingerprint = fingerprintInLink(pasted) ?? (await askFingerprint(title));
  if (fingerprint === undefined) return;
  const { published, verdict, digests } = await withProgress(vscode.l10n.t('Verifying {0}', path), async (signal) => {
    const source = await createFileSources(files).open(await attachmentOf(files, path));
    const hashed = await digestsOfSource(source, signal);
    const chains = await believedChains().catch(() => []);
    const opened = await openPublished({
      read: readPublished(address, { http: createNodeHttp(), clock, signal }),
      ...(fingerprint === '' ? {} : { fingerprint }),
      seen: ledgers.seen(),
      timestampChains: chains,
      timeOf: (stamp, message) => trustedTime(stamp, message, chains),
    });
    await ledgers.remember(opened.origin, opened.checkpoint);
    return { published: opened, verdict: await opened.ask({ digests: hashed }), digests: hashed };
  });
  const result = { name: basename(path), digests, verdict, unreached: [], owner: published.origin };
  const details = vscode.l10n.t('What Was Checked');
  const text = [summaryOf(result), ...standingWords(verdict), ...comparedWords(published)].join(' ');
  const show = isGood(verdict, published) ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  if ((await show(text, details)) === details)
    await pages.preview(result.name, `${pageOf({ ...result, address })}\n${text}\n`);
}

/** Undefined when the person left; empty when they have none. */
function askFingerprint(title: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t(
      'The fingerprint of the owner’s key, as the owner told you by another way; empty: not compared',
    ),
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^([0-9a-f]{64})?$/i.test(text.replace(/[\s:]/g, ''))
        ? undefined
        : vscode.l10n.t('A fingerprint has 64 hexadecimal digits; all of them are needed'),
  });
}

function standingWords(verdict: PublishedVerdict): string[] {
  if (verdict.answer !== 'known') return [];
  const { version, newestVersion, standing } = verdict.versions.at(-1)!;
  const words = {
    newest: vscode.l10n.t('It is the newest version.'),
    superseded: vscode.l10n.t('It has changed since.'),
    withdrawn: vscode.l10n.t('Its owner has withdrawn it.'),
    deleted: vscode.l10n.t('It was removed from its place since.'),
  };
  return [vscode.l10n.t('Version {0} of {1}.', version, newestVersion), words[standing]];
}

function comparedWords({ compared, fingerprint }: PublishedLedger): string[] {
  return compared
    ? []
    : [vscode.l10n.t('Nobody has compared the key of this ledger. Its fingerprint is {0}.', fingerprint)];
}

function isGood(verdict: PublishedVerdict, { compared }: PublishedLedger): boolean {
  return compared && mayBeUsed(verdict) && verdict.answer === 'known' && verdict.versions.at(-1)!.standing === 'newest';
}
