import {
  type IHookFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  type IPollFunctions,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { testKey } from '../fields/testKey.ts';
import { demandSecret } from './activate.ts';
import { receive } from './receive.ts';
import { sweep } from './sweep.ts';
import { triggerFields } from './triggerFields.ts';

export class DossierDropboxTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Dossier Dropbox Trigger',
    name: 'dossierDropboxTrigger',
    icon: { light: 'file:../Dossier/dossier.svg', dark: 'file:../Dossier/dossier.dark.svg' },
    group: ['trigger'],
    version: 1,
    subtitle: 'linked folders',
    description:
      'Starts the workflow within seconds when files in linked folders of Dropbox change, and records each change in the ledger',
    defaults: { name: 'Dossier Dropbox Trigger' },
    polling: true,
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials: [
      { name: 'dossierDropboxOAuth2Api', required: true },
      { name: 'dossierKeyApi', required: true, testedBy: 'testKey' },
    ],
    webhooks: [
      { name: 'setup', httpMethod: 'GET', responseMode: 'onReceived', path: 'webhook' },
      { name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' },
    ],
    properties: triggerFields,
  };

  methods = { credentialTest: { testKey } };

  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        // No program can ask: the App Console alone knows.
        return false;
      },
      async create(this: IHookFunctions): Promise<boolean> {
        return demandSecret(this);
      },
      async delete(this: IHookFunctions): Promise<boolean> {
        // What happens until the next activation is found then, so the position stays.
        return true;
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    return receive(this);
  }

  async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
    return sweep(this);
  }
}
