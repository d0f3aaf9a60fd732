import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { searchEntries, searchFolders, searchLinks, searchReports } from '../fields/listSearch.ts';
import { keyShownFor, nodeOutputs, nodeProperties, sensitiveFields } from '../fields/properties.ts';
import { testKey } from '../fields/testKey.ts';
import { executeNode } from './execute.ts';
import { resources } from './resources/index.ts';

export class Dossier implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Dossier',
    name: 'dossier',
    icon: { light: 'file:dossier.svg', dark: 'file:dossier.dark.svg' },
    group: ['output'],
    version: 1,
    subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
    description: 'Deliver reports to your own Dropbox, Nextcloud or WebDAV folder, whole and provable',
    defaults: { name: 'Dossier' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: nodeOutputs(resources),
    credentials: [
      { name: 'dossierDropboxOAuth2Api', required: true, displayOptions: { show: { connection: ['dropboxOAuth2'] } } },
      { name: 'dossierDropboxApi', required: true, displayOptions: { show: { connection: ['dropboxToken'] } } },
      { name: 'dossierNextcloudApi', required: true, displayOptions: { show: { connection: ['nextcloud'] } } },
      { name: 'dossierWebdavApi', required: true, displayOptions: { show: { connection: ['webdav'] } } },
      { name: 'dossierKeyApi', required: true, testedBy: 'testKey', displayOptions: keyShownFor(resources) },
    ],
    properties: nodeProperties(resources),
    sensitiveOutputFields: sensitiveFields(resources),
  };

  methods = { listSearch: { searchEntries, searchFolders, searchLinks, searchReports }, credentialTest: { testKey } };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return executeNode(this, resources);
  }
}
