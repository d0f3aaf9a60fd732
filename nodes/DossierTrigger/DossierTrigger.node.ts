import {
  type IExecuteFunctions,
  type IHookFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  type IPollFunctions,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { searchFolders } from '../fields/listSearch.ts';
import { testCredential } from '../fields/testCredential.ts';
import { testKey } from '../fields/testKey.ts';
import { beforePublishing } from './beforePublishing.ts';
import { poll } from './poll.ts';
import { receive } from './receive.ts';
import { takeOver } from './takeOver.ts';
import { triggerFields } from './triggerFields.ts';
import { triggerPanel, webhooks } from './webhooks.ts';

export class DossierTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Dossier Trigger',
    name: 'dossierTrigger',
    icon: { light: 'file:../Dossier/dossier.svg', dark: 'file:../Dossier/dossier.dark.svg' },
    group: ['trigger'],
    version: 1,
    subtitle:
      '={{ ({ dropboxOAuth2: "Dropbox", dropboxToken: "Dropbox", nextcloud: "Nextcloud", webdav: "WebDAV" })[$parameter["connection"]] + ($parameter["record"] ? ": recorded changes" : ": changes") }}',
    description: 'Starts the workflow when files in a folder of Dropbox, Nextcloud or WebDAV change',
    defaults: { name: 'Dossier Trigger' },
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
    webhooks: webhooks('$parameter["connection"] === "dropboxOAuth2" && $parameter["listen"] === "webhook"'),
    triggerPanel,
    properties: triggerFields,
  };

  methods = { listSearch: { searchFolders }, credentialTest: { testCredential, testKey } };

  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        // No program can ask: the App Console alone knows.
        return false;
      },
      async create(this: IHookFunctions): Promise<boolean> {
        return beforePublishing(this);
      },
      async delete(this: IHookFunctions): Promise<boolean> {
        // What happens until the workflow is published again is found then, so the position stays.
        return true;
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    return receive(this);
  }

  async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
    return poll(this);
  }

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return takeOver(this);
  }
}
