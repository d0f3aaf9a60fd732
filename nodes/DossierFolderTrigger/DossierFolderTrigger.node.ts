import {
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  type IPollFunctions,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { searchFolders } from '../fields/listSearch.ts';
import { testKey } from '../fields/testKey.ts';
import { pollFolder } from './poll.ts';
import { triggerFields } from './triggerFields.ts';

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
      { name: 'dossierDropboxOAuth2Api', required: true, displayOptions: { show: { connection: ['dropboxOAuth2'] } } },
      { name: 'dossierDropboxApi', required: true, displayOptions: { show: { connection: ['dropboxToken'] } } },
      { name: 'dossierNextcloudApi', required: true, displayOptions: { show: { connection: ['nextcloud'] } } },
      { name: 'dossierWebdavApi', required: true, displayOptions: { show: { connection: ['webdav'] } } },
      { name: 'dossierKeyApi', required: true, testedBy: 'testKey', displayOptions: { show: { record: [true] } } },
    ],
    properties: triggerFields,
  };

  methods = { listSearch: { searchFolders }, credentialTest: { testKey } };

  async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
    return pollFolder(this);
  }
}
