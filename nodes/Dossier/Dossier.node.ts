import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { searchDestinations, searchEntries, searchFolders, searchLinks, searchReports } from '../fields/listSearch.ts';
import { keyHiddenFor, nodeOutputs, nodeProperties, nodeSubtitle, sensitiveFields } from '../fields/properties.ts';
import { testCredential } from '../fields/testCredential.ts';
import { testKey } from '../fields/testKey.ts';
import { choicesWith } from '../host/kinds.ts';
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
    credentials: [
      {
        name: 'dossierDropboxOAuth2Api',
        displayName: 'Connection',
        required: true,
        displayOptions: { show: { connection: choicesWith('dropboxOAuth2') } },
      },
      {
        name: 'dossierDropboxApi',
        displayName: 'Connection',
        required: true,
        testedBy: 'testCredential',
        displayOptions: { show: { connection: choicesWith('dropboxToken') } },
      },
      {
        name: 'dossierNextcloudApi',
        displayName: 'Connection',
        required: true,
        testedBy: 'testCredential',
        displayOptions: { show: { connection: choicesWith('nextcloud') } },
      },
      {
        name: 'dossierWebdavApi',
        displayName: 'Connection',
        required: true,
        testedBy: 'testCredential',
        displayOptions: { show: { connection: choicesWith('webdav') } },
      },
      {
        name: 'dossierKeyApi',
        displayName: 'Dossier Key',
        required: true,
        testedBy: 'testKey',
        displayOptions: keyHiddenFor(resources),
      },
    ],
    properties: nodeProperties(resources),
    sensitiveOutputFields: sensitiveFields(resources),
  };

  methods = {
    listSearch: { searchDestinations, searchEntries, searchFolders, searchLinks, searchReports },
    credentialTest: { testCredential, testKey },
  };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return executeNode(this, resources);
  }
}
