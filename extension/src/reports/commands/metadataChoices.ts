import * as vscode from 'vscode';
import {
  type Attachment,
  type DossierError,
  type MetadataChoice,
  type Report,
  toDossierError,
  withoutMetadata,
} from '../../../../shared/index.ts';
import { goesWithout } from '../../model/files/metadataChoice.ts';
import type { KeptReport } from '../../model/reports/reportStore.ts';
import type { Services } from '../../services.ts';
import { editorError } from '../../ui/editorError.ts';
import { sentenceOf } from '../../ui/problems.ts';
import { placedAmong, placeWarning } from '../presentation/metadataWords.ts';
import type { ReportDocument } from '../presentation/reportDocument.ts';
import type { Target } from '../target.ts';

/** Whether files go as they are, or as copies without metadata. */
export interface MetadataChoices {
  choose(report: string, attachment: string, choice: MetadataChoice): Promise<void>;
  readonly chooseOf: (choice: MetadataChoice) => (target: Target) => Promise<void>;
  /**
   * Before a draft is sent: warns of places, says which files cannot go without metadata, and writes into the report
   * what was chosen, so that whoever sends it does the same. False when the person does not want to send it so.
   */
  settle(report: string): Promise<boolean>;
}

interface Reach {
  open(report: string): Promise<ReportDocument>;
  opened(report: string): ReportDocument | undefined;
  save(report: string): Promise<void>;
}

const mostNamed = 12;

export function createMetadataChoices(services: Services, { open, opened, save }: Reach): MetadataChoices {
  const { clock, connections, homes, metadata, reports } = services;
  const label = vscode.l10n.t('Send without metadata');

  const choose: MetadataChoices['choose'] = async (report, id, choice) => {
    const document = await open(report);
    const attachment = document.draft.attachments.find((each) => each.id === id);
    if (attachment) document.replace(label, { ...attachment, metadata: choice });
  };

  /** Why no copy without metadata can be made; undefined where one can. */
  const obstacle = async (attachment: Attachment, { home }: KeptReport): Promise<DossierError | undefined> => {
    try {
      await withoutMetadata(attachment, await homes.byId(home).sources.open(attachment));
      return undefined;
    } catch (thrown) {
      const error = toDossierError(thrown);
      // What cannot be read is told when it is to be sent.
      return error.code === 'unsupported' ? error : undefined;
    }
  };

  const write = async (kept: KeptReport, attachments: readonly Attachment[]): Promise<void> => {
    const before = kept.report.attachments;
    const changed = attachments.filter((attachment, at) => attachment.metadata !== before[at]?.metadata);
    if (changed.length === 0) return;
    const document = opened(kept.report.id);
    for (const attachment of changed) document?.replace(label, attachment);
    if (document) await save(kept.report.id);
    else await reports.save({ ...kept.report, attachments }, kept, clock.now());
  };

  return {
    choose,
    chooseOf: (choice) => async (target) => {
      if (typeof target !== 'object' || target.type !== 'attachment')
        throw editorError('invalid-input', 'Choose an attachment first');
      await choose(target.report.id, target.attachment.id, choice);
    },
    async settle(id) {
      const kept = await reports.get(id);
      if (kept?.report.state !== 'draft') return true;
      const { report } = kept;
      const connection = await connections.get(report.connection);
      const wished = report.attachments.map((attachment) =>
        goesWithout(attachment, connection) ? { ...attachment, metadata: 'remove' as const } : attachment,
      );
      const warned = await warnOfPlaces(report, wished, await metadata.all(wished));
      if (!warned) return false;
      const obstacles = new Map<string, DossierError>();
      for (const attachment of warned.filter((each) => each.metadata === 'remove')) {
        const error = await obstacle(attachment, kept);
        if (error) obstacles.set(attachment.id, error);
      }
      if (obstacles.size > 0 && !(await isWantedAsItIs([...obstacles.values()]))) return false;
      await write(
        kept,
        warned.map((attachment) =>
          obstacles.has(attachment.id) ? { ...attachment, metadata: 'keep' as const } : attachment,
        ),
      );
      return true;
    },
  };
}

/** Asked also by those who do not want to be asked before sending: it is about these files. Undefined: not to be sent. */
async function warnOfPlaces(
  { title }: Report,
  attachments: readonly Attachment[],
  metadata: Parameters<typeof placedAmong>[1],
): Promise<readonly Attachment[] | undefined> {
  const places = placedAmong(
    // Who has said that a file goes as it is has been warned beside it.
    attachments.filter((attachment) => attachment.metadata === undefined),
    metadata,
  );
  if (places.length === 0) return attachments;
  const without = vscode.l10n.t('Send Without Metadata');
  const asItIs = vscode.l10n.t('Send With Places');
  const named = places.map(({ attachment, place }) => `• ${attachment.name} – ${place}`);
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('"{0}" says where it was made.', title),
    { modal: true, detail: [placeWarning(places.length), ...shortened(named)].join('\n') },
    without,
    asItIs,
  );
  if (answer === undefined) return undefined;
  const chosen: MetadataChoice = answer === without ? 'remove' : 'keep';
  const concerned = new Set(places.map(({ attachment }) => attachment.id));
  return attachments.map((attachment) =>
    concerned.has(attachment.id) ? { ...attachment, metadata: chosen } : attachment,
  );
}

async function isWantedAsItIs(errors: readonly DossierError[]): Promise<boolean> {
  const asItIs = vscode.l10n.t('Send As They Are');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Not all files can be sent without metadata.'),
    { modal: true, detail: shortened(errors.map((error) => `• ${sentenceOf(error)}`)).join('\n') },
    asItIs,
  );
  return answer === asItIs;
}

function shortened(lines: readonly string[]): string[] {
  const rest = lines.length - mostNamed;
  return [...lines.slice(0, mostNamed), ...(rest > 0 ? [vscode.l10n.t('• and {0} more', rest)] : [])];
}
