import type { ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

export class DossierKeyApi implements ICredentialType {
  name = 'dossierKeyApi';

  displayName = 'Dossier Key API';

  icon: Icon = { light: 'file:../nodes/Dossier/dossier.svg', dark: 'file:../nodes/Dossier/dossier.dark.svg' };

  documentationUrl = 'https://github.com/dossier-reports/dossier/blob/main/docs/connections.md#the-dossier-key';

  properties: INodeProperties[] = [
    {
      displayName: 'Dossier Key',
      name: 'secretKey',
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      placeholder: 'e.g. dossier-key-1…',
      description:
        'Opens drafts and the outbox in the connected folder. Made by Key: Create or in VS Code. Without it they cannot be read by anybody: keep a copy.',
    },
    {
      displayName: 'Ledger Key',
      name: 'ledgerSecretKey',
      type: 'string',
      typeOptions: { password: true },
      default: '',
      placeholder: 'e.g. dossier-key-1…',
      description:
        'Only after Provenance: Change Key: the key that signs the ledger now. The key above still opens what is encrypted.',
    },
    {
      displayName: 'Time-Stamp Authority',
      name: 'timestampAuthority',
      type: 'string',
      default: '',
      placeholder: 'e.g. https://timestamp.example.org',
      description:
        'Address of an RFC 3161 time-stamp authority. It is sent a hash with every report that is recorded, so that the receipt proves that the report existed at that time. Empty: receipts are local.',
    },
    {
      displayName: 'Certificates of the Authority',
      name: 'timestampChain',
      type: 'string',
      typeOptions: { rows: 4 },
      default: '',
      placeholder: 'e.g. -----BEGIN CERTIFICATE-----',
      description:
        'PEM text of its certificates, from the signer to the root. Only stamps under these certificates are believed.',
    },
  ];
}
