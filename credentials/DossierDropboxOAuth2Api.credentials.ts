import type { ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

const submit = 'account_info.read files.metadata.read files.content.write';

export class DossierDropboxOAuth2Api implements ICredentialType {
  name = 'dossierDropboxOAuth2Api';

  extends = ['oAuth2Api'];

  displayName = 'Dossier Dropbox OAuth2 API';

  icon: Icon = { light: 'file:../nodes/Dossier/dossier.svg', dark: 'file:../nodes/Dossier/dossier.dark.svg' };

  documentationUrl = 'https://github.com/dossier-reports/dossier/blob/main/docs/connections.md#connect-dropbox-to-n8n';

  properties: INodeProperties[] = [
    {
      displayName:
        'Create an app with scoped access in the Dropbox App Console, add the redirect URL above to it, and tick the permissions chosen below',
      name: 'notice',
      type: 'notice',
      default: '',
    },
    {
      displayName: 'App Type',
      name: 'grantType',
      type: 'options',
      options: [
        { name: 'App Key and App Secret', value: 'authorizationCode' },
        { name: 'App Key Only (PKCE)', value: 'pkce' },
      ],
      default: 'authorizationCode',
    },
    { displayName: 'App Key', name: 'clientId', type: 'string', required: true, default: '' },
    {
      displayName: 'App Secret',
      name: 'clientSecret',
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      displayOptions: { show: { grantType: ['authorizationCode'] } },
    },
    {
      displayName: 'Permissions',
      name: 'permissions',
      type: 'options',
      options: [
        {
          name: 'Metadata Only',
          value: 'metadata',
          description: 'List folders, and watch them with the trigger without recording',
        },
        {
          name: 'Submit Reports',
          value: 'submit',
          description: 'Submit without recording, upload, list, move, delete. Content cannot be read.',
        },
        {
          name: 'Everything',
          value: 'everything',
          description: 'Also drafts, Outbox, ledger, linked folders, downloads and links to files',
        },
      ],
      default: 'everything',
      description: 'What the sign-in asks for. Each must be ticked for the app in the Dropbox App Console too.',
    },
    {
      displayName: 'Authorization URL',
      name: 'authUrl',
      type: 'hidden',
      required: true,
      default: 'https://www.dropbox.com/oauth2/authorize',
    },
    {
      displayName: 'Access Token URL',
      name: 'accessTokenUrl',
      type: 'hidden',
      required: true,
      default: 'https://api.dropboxapi.com/oauth2/token',
    },
    {
      displayName: 'Scope',
      name: 'scope',
      type: 'hidden',
      default: `={{ ({ metadata: 'account_info.read files.metadata.read', submit: '${submit}', everything: '${submit} files.content.read' })[$self.permissions] }}`,
    },
    {
      displayName: 'Auth URI Query Parameters',
      name: 'authQueryParameters',
      type: 'hidden',
      default: 'token_access_type=offline',
    },
    { displayName: 'Authentication', name: 'authentication', type: 'hidden', default: 'body' },
    { displayName: 'API Base URL', name: 'apiBaseUrl', type: 'hidden', default: '' },
  ];
}
