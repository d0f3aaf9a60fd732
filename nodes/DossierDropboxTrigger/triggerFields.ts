import type { INodeProperties } from 'n8n-workflow';
import { silentHours } from '../DossierTrigger/triggerFields.ts';
import { timeout } from '../fields/properties.ts';

export const triggerFields: INodeProperties[] = [
  {
    displayName:
      'The node <b>Dossier Trigger</b> has taken the place of this one, which goes on working. Link folders with Provenance: Link Folder, publish the workflow, copy the <b>Production URL</b> from above, and add it under <b>Webhook URIs</b> of your app in the <a href="https://www.dropbox.com/developers/apps" target="_blank">Dropbox App Console</a>.',
    name: 'notice',
    type: 'notice',
    default: '',
  },
  { displayName: 'Connection', name: 'connection', type: 'hidden', default: 'dropboxOAuth2' },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [timeout, silentHours],
  },
];
