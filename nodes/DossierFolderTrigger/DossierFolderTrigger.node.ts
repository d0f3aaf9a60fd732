import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  type IPollFunctions,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { poll } from '../DossierTrigger/poll.ts';
import { takeOver } from '../DossierTrigger/takeOver.ts';
import type { Fixed } from '../DossierTrigger/watched.ts';
import { searchFolders } from '../fields/listSearch.ts';
import { testCredential } from '../fields/testCredential.ts';
import { testKey } from '../fields/testKey.ts';
import { triggerFields } from './triggerFields.ts';

const fixed: Fixed = { listen: 'poll', watch: 'folder', formerFields: true };

/** The former name of one choice of the Dossier Trigger; workflows that use it go on. */
export class DossierFolderTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Dossier Folder Trigger',
    name: 'dossierFolderTrigger',
    icon: { light: 'file:../Dossier/dossier.svg', dark: 'file:../Dossier/dossier.dark.svg' },
    group: ['trigger'],
    version: 1,
    subtitle: '={{ $parameter["connection"] }}',
    description:
      'Starts the workflow when files in a folder of Nextcloud, WebDAV or Dropbox change, and records each change in the ledger',
    defaults: { name: 'Dossier Folder Trigger' },
    polling: true,
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials: [
      {
        name: 'dossierDropboxOAuth2Api',
        displayName: 'Connection',
        required: true,
        displayOptions: { show: { connection: ['dropboxOAuth2'] } },
      },
      {
        name: 'dossierDropboxApi',
        displayName: 'Connection',
        required: true,
        testedBy: 'testCredential',
        displayOptions: { show: { connection: ['dropboxToken'] } },
      },
      {
        name: 'dossierNextcloudApi',
        displayName: 'Connection',
        required: true,
        testedBy: 'testCredential',
        displayOptions: { show: { connection: ['nextcloud'] } },
      },
      {
        name: 'dossierWebdavApi',
        displayName: 'Connection',
        required: true,
        testedBy: 'testCredential',
        displayOptions: { show: { connection: ['webdav'] } },
      },
      {
        name: 'dossierKeyApi',
        displayName: 'Dossier Key',
        required: true,
        testedBy: 'testKey',
        displayOptions: { show: { record: [true] } },
      },
    ],
    hidden: true,
    properties: triggerFields,
  };

  methods = { listSearch: { searchFolders }, credentialTest: { testCredential, testKey } };

  async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
    return poll(this, fixed);
  }

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return takeOver(this, fixed);
  }
}
