import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { connectionCredentials, keyCredential } from '../fields/credentials.ts';
import { searchEntries, searchFolders, searchLinks, searchReports } from '../fields/listSearch.ts';
import { keyShownFor, nodeOutputs, nodeProperties, nodeSubtitle, sensitiveFields } from '../fields/properties.ts';
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
    subtitle: nodeSubtitle(resources),
    description: 'Deliver reports to your own Dropbox, Nextcloud or WebDAV folder, whole and provable',
    defaults: { name: 'Dossier' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: nodeOutputs(resources),
    credentials: [...connectionCredentials, { ...keyCredential, displayOptions: keyShownFor(resources) }],
    properties: nodeProperties(resources),
    sensitiveOutputFields: sensitiveFields(resources),
  };

  methods = { listSearch: { searchEntries, searchFolders, searchLinks, searchReports }, credentialTest: { testKey } };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return executeNode(this, resources);
  }
}
