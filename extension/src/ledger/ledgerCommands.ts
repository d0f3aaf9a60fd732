import * as vscode from 'vscode';
import { toDossierError } from '../../../shared/index.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import type { Publishing } from '../model/ledger/publishing.ts';
import { believedChains, timestampingOf, timestampSettings } from '../model/ledger/timestamping.ts';
import { createTrustedOwners } from '../model/ledger/trustedOwners.ts';
import type { Services } from '../services.ts';
import { registerAuditCommands } from './auditCommands.ts';
import { registerChangeKeyCommands } from './changeKeyCommands.ts';
import { registerPublicKeyCommands } from './publicKeyCommands.ts';
import { registerPublishCommands } from './publishCommands.ts';
import { registerTrustCommands } from './trustCommands.ts';
import { registerVerifyCommands } from './verifyCommands.ts';

/** Everything that a user does with ledgers. */
export function registerLedgerCommands(
  services: Services,
  ledgers: Ledgers,
  publishing: Publishing,
): vscode.Disposable[] {
  const { attempt, vault, log } = services;
  const chains = () =>
    believedChains().catch((error: unknown) => {
      log.write('warn', 'No time stamps are believed', { reason: toDossierError(error).message });
      return [];
    });
  const owners = createTrustedOwners(vault.state, chains);
  return [
    ...registerPublicKeyCommands(services, ledgers),
    ...registerTrustCommands(services, owners),
    ...registerPublishCommands({ services, ledgers, publishing }),
    ...registerAuditCommands(services, ledgers, publishing),
    ...registerChangeKeyCommands(services, ledgers, publishing),
    ...registerVerifyCommands(services, ledgers, owners, publishing),
    // Whoever names an authority is told at once when it cannot be used, not with the next report.
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(timestampSettings)) void attempt(timestampingOf);
    }),
  ];
}
