import type { INodeCredentialDescription } from 'n8n-workflow';

/** One credential for each choice of Connection, called by what it is for: n8n calls all of them "Credential". */
export const connectionCredentials: readonly INodeCredentialDescription[] = [
  {
    name: 'dossierDropboxOAuth2Api',
    displayName: 'Dropbox Credential',
    required: true,
    displayOptions: { show: { connection: ['dropboxOAuth2'] } },
  },
  {
    name: 'dossierDropboxApi',
    displayName: 'Dropbox Credential',
    required: true,
    displayOptions: { show: { connection: ['dropboxToken'] } },
  },
  {
    name: 'dossierNextcloudApi',
    displayName: 'Nextcloud Credential',
    required: true,
    displayOptions: { show: { connection: ['nextcloud'] } },
  },
  {
    name: 'dossierWebdavApi',
    displayName: 'WebDAV Credential',
    required: true,
    displayOptions: { show: { connection: ['webdav'] } },
  },
];

/** The key that opens the records of the connected folder. */
export const keyCredential: INodeCredentialDescription = {
  name: 'dossierKeyApi',
  displayName: 'Dossier Key',
  required: true,
  testedBy: 'testKey',
};
