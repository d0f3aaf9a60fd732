import type { INodeProperties } from 'n8n-workflow';
import { whenEmpty } from '../fields/folderWords.ts';
import { folderLocator } from '../fields/locators.ts';
import { policyFields } from '../fields/policyFields.ts';
import { connectionChoice, timeout } from '../fields/properties.ts';
import { lookEverywhere } from './lookEverywhere.ts';

const listen: INodeProperties = {
  displayName: 'Listen By',
  name: 'listen',
  type: 'options',
  noDataExpression: true,
  options: [
    { name: 'Webhook', value: 'webhook', description: 'Dropbox calls n8n within seconds; needs a public address' },
    { name: 'Polling', value: 'poll', description: 'N8n asks at the poll times; needs no public address' },
  ],
  default: 'webhook',
  displayOptions: { show: { connection: ['dropboxOAuth2'] } },
};

const record: INodeProperties = {
  displayName: 'Record in Ledger',
  name: 'record',
  type: 'boolean',
  noDataExpression: true,
  default: false,
  description:
    'Whether to record every change in the ledger of the connection, and give its statement with the item. Needs a Dossier key.',
};

const webhookNotice: INodeProperties = {
  displayName:
    'Publish the workflow, copy the <b>Production URL</b> from above, and add it under <b>Webhook URIs</b> of your app in the <a href="https://www.dropbox.com/developers/apps" target="_blank">Dropbox App Console</a>: it says "Enabled" when this trigger has answered. The poll times are for looks that find what notices missed.',
  name: 'notice',
  type: 'notice',
  default: '',
  displayOptions: { show: { connection: ['dropboxOAuth2'], listen: ['webhook'] } },
};

const watch: INodeProperties = {
  displayName: 'Watch',
  name: 'watch',
  type: 'options',
  noDataExpression: true,
  options: [
    { name: 'A Folder', value: 'folder', description: 'It is linked to the ledger when it is not linked yet' },
    { name: 'All Linked Folders', value: 'linked', description: 'Those of Provenance: Link Folder, also later ones' },
  ],
  default: 'folder',
  displayOptions: { show: { record: [true] } },
};

const folder = folderLocator({
  displayName: 'Folder',
  name: 'folder',
  description: `The folder to watch. ${whenEmpty}`,
});

/** Shown for a folder that is named: always without the ledger, by choice with it. */
const folders: INodeProperties[] = [
  { ...folder, displayOptions: { show: { record: [false] } } },
  { ...folder, displayOptions: { show: { record: [true], watch: ['folder'] } } },
];

const events: INodeProperties[] = [
  {
    displayName: 'Events',
    name: 'events',
    type: 'multiOptions',
    options: [
      { name: 'File Changed', value: 'changed', description: 'Created, or its content changed' },
      { name: 'File Deleted', value: 'deleted' },
      { name: 'File Moved', value: 'moved', description: 'Where the service tells; elsewhere deleted and changed' },
    ],
    default: ['changed', 'moved', 'deleted'],
    description: 'What starts the workflow. None means all.',
    displayOptions: { show: { record: [false] } },
  },
  {
    displayName: 'Events',
    name: 'events',
    type: 'multiOptions',
    options: [
      { name: 'File Changed', value: 'changed' },
      { name: 'File Created', value: 'created' },
      { name: 'File Deleted', value: 'deleted' },
      {
        name: 'File Hashed Afterwards',
        value: 'attested',
        description: 'Recorded by the hash of the service, now read',
      },
      { name: 'File Moved', value: 'moved' },
      { name: 'File Renamed', value: 'renamed' },
      { name: 'File Restored', value: 'restored' },
    ],
    default: ['created', 'changed', 'renamed', 'moved', 'deleted', 'restored'],
    description: 'What starts the workflow. None means all.',
    displayOptions: { show: { record: [true] } },
  },
];

export const includeExisting: INodeProperties = {
  displayName: 'Include Existing Files',
  name: 'includeExisting',
  type: 'boolean',
  default: false,
  description: 'Whether the files that the first scan of the folder records become items too',
};

const names: INodeProperties = {
  displayName: 'Names',
  name: 'names',
  type: 'string',
  default: '',
  placeholder: 'e.g. *.jpg, report-*.pdf',
  description: 'Only files with such a name. * stands for anything, ? for one character; with a slash it is the path.',
};

const subfolders: INodeProperties = {
  displayName: 'Subfolders',
  name: 'subfolders',
  type: 'boolean',
  default: true,
  description: 'Whether changes in folders within the folder start the workflow too',
};

const links: INodeProperties = {
  displayName: 'Include Address',
  name: 'links',
  type: 'boolean',
  default: false,
  description: 'Whether each item has an address at which a person can open the file, where the service has one',
};

export const silentHours: INodeProperties = {
  displayName: 'Warn After',
  name: 'silentHours',
  type: 'number',
  typeOptions: { minValue: 0 },
  default: 24,
  description:
    'Hours without any answer of the service after which an item with the event "unreachable" says so. 0: never.',
};

export const triggerFields: INodeProperties[] = [
  { ...connectionChoice, default: 'dropboxOAuth2' },
  listen,
  record,
  webhookNotice,
  watch,
  ...folders,
  ...events,
  ...policyFields.map((field) => ({
    ...field,
    displayOptions: { show: { record: [true], watch: ['folder'] } },
  })),
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [includeExisting, links, lookEverywhere, names, subfolders, timeout, silentHours],
  },
];
