import type { INodeProperties } from 'n8n-workflow';
import { timeout } from '../fields/properties.ts';

export const triggerFields: INodeProperties[] = [
  {
    displayName:
      'Link folders with Provenance: Link Folder. Then activate the workflow, copy the production URL from above, and add it under <b>Webhook URIs</b> of your app in the Dropbox App Console: it says "Enabled" when this trigger has answered. The poll times are for the sweep, which finds what notices missed.',
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
    options: [timeout],
  },
];
