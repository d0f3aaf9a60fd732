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
import { beforePublishing } from '../DossierTrigger/beforePublishing.ts';
import { poll } from '../DossierTrigger/poll.ts';
import { receive } from '../DossierTrigger/receive.ts';
import { takeOver } from '../DossierTrigger/takeOver.ts';
import type { Fixed } from '../DossierTrigger/watched.ts';
import { triggerPanel, webhooks } from '../DossierTrigger/webhooks.ts';
import { testKey } from '../fields/testKey.ts';
import { triggerFields } from './triggerFields.ts';

const fixed: Fixed = { listen: 'webhook', record: true, watch: 'linked', formerFields: true };

/** The former name of one choice of the Dossier Trigger; workflows that use it go on. */
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
      { name: 'dossierDropboxOAuth2Api', displayName: 'Connection', required: true },
      {
        name: 'dossierKeyApi',
        displayName: 'Dossier Key',
        required: true,
        testedBy: 'testKey',
      },
    ],
    webhooks: webhooks('true'),
    triggerPanel,
    hidden: true,
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
        return beforePublishing(this, fixed);
      },
      async delete(this: IHookFunctions): Promise<boolean> {
        // What happens until the workflow is published again is found then, so the position stays.
        return true;
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    return receive(this, fixed);
  }

  async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
    return poll(this, fixed);
  }

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return takeOver(this, fixed);
  }
}
