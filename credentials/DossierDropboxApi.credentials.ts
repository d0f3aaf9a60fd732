import type { IAuthenticateGeneric, ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

export class DossierDropboxApi implements ICredentialType {
  name = 'dossierDropboxApi';

  displayName = 'Dossier Dropbox Access Token API';

  icon: Icon = { light: 'file:../nodes/Dossier/dossier.svg', dark: 'file:../nodes/Dossier/dossier.dark.svg' };

  documentationUrl = 'https://github.com/dossier-reports/dossier/blob/main/docs/connections.md#connect-dropbox-to-n8n';

  properties: INodeProperties[] = [
    {
      displayName: 'Access Token',
      name: 'accessToken',
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      description:
        'Made in the Dropbox App Console. Dropbox ends it after about four hours: to keep working, use the OAuth2 credential.',
    },
    { displayName: 'API Base URL', name: 'apiBaseUrl', type: 'hidden', default: '' },
  ];

  authenticate: IAuthenticateGeneric = {
    type: 'generic',
    properties: { headers: { Authorization: '=Bearer {{$credentials.accessToken.trim()}}' } },
  };
}
