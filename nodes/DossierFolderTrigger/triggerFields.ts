import type { INodeProperties } from 'n8n-workflow';
import { folderLocator } from '../fields/locators.ts';
import { policyFields } from '../fields/policyFields.ts';
import { connectionChoice, timeout } from '../fields/properties.ts';
import { polledConnection } from '../host/kinds.ts';
import { lookEverywhere } from './lookEverywhere.ts';

const includeExisting: INodeProperties = {
  displayName: 'Include Existing Files',
  name: 'includeExisting',
  type: 'boolean',
  default: false,
  description: 'Whether the files that the first scan of the folder records become items too',
};

export const triggerFields: INodeProperties[] = [
  { ...connectionChoice, default: polledConnection },
  folderLocator({
    displayName: 'Folder',
    name: 'folder',
    required: true,
    description:
      'The folder to watch, with all its subfolders. Empty is the folder for submissions of the connection, or the top level.',
  }),
  {
    displayName: 'Record in Ledger',
    name: 'record',
    type: 'boolean',
    default: true,
    description:
      'Whether to link the folder and record every change in the ledger of the connection; items then carry their recorded statement. Needs the Dossier key. Otherwise items say what the service tells: changed or deleted.',
  },
  ...policyFields.map((field) => ({ ...field, displayOptions: { show: { record: [true] } } })),
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [includeExisting, lookEverywhere, timeout],
  },
];
