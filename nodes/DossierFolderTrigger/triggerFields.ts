import type { INodeProperties } from 'n8n-workflow';
import { lookEverywhere } from '../DossierTrigger/lookEverywhere.ts';
import { includeExisting, silentHours } from '../DossierTrigger/triggerFields.ts';
import { whenEmpty } from '../fields/folderWords.ts';
import { folderLocator } from '../fields/locators.ts';
import { policyFields } from '../fields/policyFields.ts';
import { connectionChoice, timeout } from '../fields/properties.ts';
import { polledConnection } from '../host/kinds.ts';

export const triggerFields: INodeProperties[] = [
  { ...connectionChoice, default: polledConnection },
  {
    displayName: 'Record in Ledger',
    name: 'record',
    type: 'boolean',
    default: true,
    description:
      'Whether to link the folder and record every change in the ledger of the connection; items then carry their recorded statement. Needs the Dossier key. Otherwise items say what the service tells: changed or deleted.',
  },
  folderLocator({
    displayName: 'Folder',
    name: 'folder',
    description: `The folder to watch, with all its subfolders. ${whenEmpty}`,
  }),
  ...policyFields.map((field) => ({ ...field, displayOptions: { show: { record: [true] } } })),
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [includeExisting, lookEverywhere, timeout, silentHours],
  },
];
