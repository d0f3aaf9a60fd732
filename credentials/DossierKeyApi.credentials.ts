import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

export class DossierKeyApi implements ICredentialType {
  name = 'dossierKeyApi';

  displayName = 'Dossier Key API';

  icon: Icon = { light: 'file:../nodes/Dossier/dossier.svg', dark: 'file:../nodes/Dossier/dossier.dark.svg' };

  documentationUrl = 'https://github.com/dossier-reports/dossier#the-dossier-key';

  properties: INodeProperties[] = [
    {
      displayName: 'Dossier Key',
      name: 'secretKey',
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      placeholder: 'e.g. dossier-key-1…',
      description: 'Opens drafts and the outbox in the connected folder. Made by Key: Create or in VS Code. Without it they cannot be read by anybody: keep a copy.',
    },
  ];
}
