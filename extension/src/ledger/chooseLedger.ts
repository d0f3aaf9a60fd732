import * as vscode from 'vscode';
import { DossierError, type Ledger } from '../../../shared/index.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';

/** The one ledger that there is, or the one that the person chooses; undefined when they left. */
export async function chooseLedger(ledgers: Ledgers, title: string): Promise<Ledger | undefined> {
  const found: { label: string; description: string; ledger: Ledger }[] = [];
  await ledgers.visit(async (ledger, place) => {
    const { origin } = ledger.log.identity;
    if (!found.some((each) => each.ledger.log.identity.origin === origin))
      found.push({ label: place ?? vscode.l10n.t('This computer'), description: origin, ledger });
  });
  if (found.length === 0) throw new DossierError('not-found', 'Nothing was recorded yet: there is no ledger');
  if (found.length === 1) return found[0]!.ledger;
  const placeHolder = vscode.l10n.t('Which ledger?');
  return (await vscode.window.showQuickPick(found, { title, placeHolder, ignoreFocusOut: true }))?.ledger;
}
