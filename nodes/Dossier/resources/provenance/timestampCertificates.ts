import type { INodeProperties } from 'n8n-workflow';

/** Whose time stamps count where something is verified without the key of a ledger. */
export const timestampCertificatesField: INodeProperties = {
  displayName: 'Certificates of a Time-Stamp Authority',
  name: 'timestampCertificates',
  type: 'string',
  typeOptions: { rows: 4 },
  default: '',
  placeholder: 'e.g. -----BEGIN CERTIFICATE-----',
  description:
    'PEM text of the certificates of an authority that you believe, from its signer to its root. Empty: no time stamp is believed.',
};
