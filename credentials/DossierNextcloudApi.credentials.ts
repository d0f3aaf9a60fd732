import type {
  ICredentialDataDecryptedObject,
  ICredentialType,
  Icon,
  IHttpRequestOptions,
  INodeProperties,
} from 'n8n-workflow';

export class DossierNextcloudApi implements ICredentialType {
  name = 'dossierNextcloudApi';

  displayName = 'Dossier Nextcloud API';

  icon: Icon = { light: 'file:../nodes/Dossier/dossier.svg', dark: 'file:../nodes/Dossier/dossier.dark.svg' };

  documentationUrl =
    'https://github.com/dossier-reports/dossier/blob/main/docs/connections.md#connect-nextcloud-to-n8n';

  properties: INodeProperties[] = [
    {
      displayName: 'Server URL',
      name: 'url',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. https://cloud.example.org',
      description:
        'As in the address bar when you are signed in, without what follows <code>/index.php</code> or <code>/apps</code>',
    },
    { displayName: 'User Name', name: 'user', type: 'string', required: true, default: '' },
    {
      displayName: 'App Password',
      name: 'password',
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      description:
        'Made in Nextcloud under Settings, Security, Devices and Sessions. It can be withdrawn there at any time.',
    },
    {
      displayName: 'Folder for Submissions',
      name: 'folder',
      type: 'string',
      default: '',
      placeholder: 'e.g. /Reports',
      description: 'Receives all reports whose node names no other folder. It must be there already.',
    },
  ];

  // Not n8n's `auth` option: names and passwords beyond Latin-1 have to be sent as UTF-8.
  authenticate = async (
    credentials: ICredentialDataDecryptedObject,
    request: IHttpRequestOptions,
  ): Promise<IHttpRequestOptions> => {
    // What was copied may have a space or a line break at its end; an app password never has.
    const [user, password] = [credentials['user'], credentials['password']].map((text) => String(text).trim());
    const pair = Buffer.from(`${user}:${password}`).toString('base64');
    return Object.assign(request, { headers: { ...request.headers, Authorization: `Basic ${pair}` } });
  };
}
