import type {
  ICredentialDataDecryptedObject,
  ICredentialType,
  Icon,
  IHttpRequestOptions,
  INodeProperties,
} from 'n8n-workflow';

export class DossierWebdavApi implements ICredentialType {
  name = 'dossierWebdavApi';

  displayName = 'Dossier WebDAV API';

  icon: Icon = { light: 'file:../nodes/Dossier/dossier.svg', dark: 'file:../nodes/Dossier/dossier.dark.svg' };

  documentationUrl = 'https://github.com/dossier-reports/dossier/blob/main/docs/connections.md#connect-webdav-to-n8n';

  properties: INodeProperties[] = [
    {
      displayName: 'Folder URL',
      name: 'url',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. https://dav.example.org/files',
      description: 'The WebDAV folder in which everything lies',
    },
    { displayName: 'User Name', name: 'user', type: 'string', default: '' },
    { displayName: 'Password', name: 'password', type: 'string', typeOptions: { password: true }, default: '' },
    {
      displayName: 'Sign-In',
      name: 'signIn',
      type: 'options',
      options: [
        { name: 'Basic', value: 'basic', description: 'What nearly all servers want' },
        { name: 'Digest', value: 'digest', description: 'For servers that insist on it' },
      ],
      default: 'basic',
    },
  ];

  // Not n8n's `auth` option: names and passwords beyond Latin-1 have to be sent as UTF-8.
  authenticate = async (
    credentials: ICredentialDataDecryptedObject,
    request: IHttpRequestOptions,
  ): Promise<IHttpRequestOptions> => {
    // With Digest each request is signed for itself, by the node.
    if (credentials['signIn'] === 'digest') return request;
    // What was copied may have a line break at its end; a password may well end with a space.
    const [user, password] = [credentials['user'], credentials['password']].map((text) =>
      String(text ?? '').replace(/[\r\n]+$/, ''),
    );
    const pair = Buffer.from(`${user}:${password}`).toString('base64');
    return Object.assign(request, { headers: { ...request.headers, Authorization: `Basic ${pair}` } });
  };
}
