import type { INodeProperties } from 'n8n-workflow';
import { DossierError, type MirrorRules, say, usualRules } from '../../../../shared/index.ts';
import { destinationLocator, folderLocator } from '../../../fields/locators.ts';
import type { Call } from '../../../fields/operation.ts';
import { pairOptions } from '../../../host/kinds.ts';

const bytesInMegabyte = 1_000_000;

export const mirrorFields: readonly INodeProperties[] = [
  {
    displayName: 'From and To',
    name: 'connection',
    type: 'options',
    options: pairOptions,
    default: 'nextcloud>dropboxOAuth2',
    description: 'The kinds of place of the source and of the destination; each asks for its own credential',
  },
  folderLocator({
    displayName: 'Source Folder',
    name: 'source',
    required: true,
    description: 'What is to be mirrored. It is only read, never changed.',
  }),
  destinationLocator({
    displayName: 'Destination Folder',
    name: 'destination',
    required: true,
    description: 'Made with the first run. What lies there already and was not made by the mirror is left alone.',
  }),
  {
    displayName: 'Dry Run',
    name: 'dryRun',
    type: 'boolean',
    default: false,
    description: 'Whether only to tell what would be done, and why',
  },
  {
    displayName: 'When a File Is Gone at the Source',
    name: 'deletions',
    type: 'options',
    options: [
      { name: 'Delete the Copy', value: 'delete' },
      { name: 'Keep the Copy', value: 'keep' },
      { name: 'Move the Copy to the Archive Folder', value: 'archive' },
    ],
    default: 'keep',
  },
  {
    displayName: 'When a Copy Was Changed at the Destination',
    name: 'conflicts',
    type: 'options',
    options: [
      { name: 'Keep Both', value: 'keepBoth', description: 'The changed copy gets another name' },
      { name: 'Overwrite', value: 'overwrite', description: 'The changed copy is replaced, and reported' },
      { name: 'Stop', value: 'stop', description: 'Nothing is done before somebody has looked' },
    ],
    default: 'keepBoth',
    description: 'A file that the mirror did not make is never overwritten',
  },
  {
    displayName: 'Record in the Ledger',
    name: 'record',
    type: 'boolean',
    default: false,
    description: 'Whether to record each sent version in the ledger of the destination. Needs a Dossier key.',
  },
];

export const mirrorOptions: readonly INodeProperties[] = [
  {
    displayName: 'Archive Folder',
    name: 'archive',
    type: 'string',
    default: 'Archive',
    description: 'In the destination folder; a folder for each day is made in it',
  },
  {
    displayName: 'Confirmed Deletions',
    name: 'confirmed',
    type: 'number',
    typeOptions: { minValue: 0 },
    default: 0,
    description:
      'A run that would delete or archive more than half of all copies, or more than 1,000, stops until this is at least their number',
  },
  {
    displayName: 'Ignore',
    name: 'ignore',
    type: 'string',
    typeOptions: { rows: 4 },
    default: '',
    placeholder: 'e.g. *.tmp',
    description: 'Patterns as in a .gitignore file, one a line; what they name is not mirrored',
  },
  {
    displayName: 'Largest File',
    name: 'largest',
    type: 'number',
    typeOptions: { minValue: 0 },
    default: 0,
    description: 'Megabytes; larger files are not mirrored. 0 for no limit.',
  },
];

export interface MirrorChoices {
  readonly rules: MirrorRules;
  readonly confirmed: number;
}

export function choicesOf({ parameter }: Call): MirrorChoices {
  const given = (parameter('options') ?? {}) as Partial<Record<'archive' | 'ignore', string>> &
    Partial<Record<'confirmed' | 'largest', number>>;
  const largest = numberOf('Largest File', given.largest);
  const archive = given.archive?.trim() || usualRules.archive;
  return {
    confirmed: numberOf('Confirmed Deletions', given.confirmed),
    rules: {
      ignore: (given.ignore ?? '').split('\n'),
      ...(largest > 0 && { largest: largest * bytesInMegabyte }),
      deletions: parameter('deletions') as MirrorRules['deletions'],
      archive,
      conflicts: parameter('conflicts') as MirrorRules['conflicts'],
    },
  };
}

/** An expression may give anything. */
function numberOf(field: string, value: unknown = 0): number {
  const number = Number(value);
  if (Number.isFinite(number) && number >= 0) return number;
  throw new DossierError('invalid-input', say`"${field}" must be a number from 0 on`);
}
