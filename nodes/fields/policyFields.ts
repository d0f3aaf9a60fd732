import type { INodeProperties } from 'n8n-workflow';
import { type HashPolicy, hashPolicies, type Link, privacies } from '../../shared/index.ts';
import type { OpenedConnection } from '../host/connection.ts';
import { usualHashPolicy } from '../host/linkedFolders.ts';

/** How the files of a linked folder are recorded. */
export const policyFields: readonly INodeProperties[] = [
  {
    displayName: 'Hashes From',
    name: 'hashPolicy',
    type: 'options',
    options: [
      {
        name: 'As the Service Allows',
        value: '',
        description: 'The hash that the service gives; where it gives none, files are read and hashed',
      },
      {
        name: 'From the Service',
        value: 'provider',
        description: 'Never read a file. Where the service gives no hash, only its revision is recorded.',
      },
      {
        name: 'From the Service, Then Read',
        value: 'providerThenDownload',
        description: 'Recorded at once by the hash of the service; each file is then read once for its SHA-256',
      },
      {
        name: 'Read and Hash Every File',
        value: 'download',
        description: 'SHA-256 of each file, read once and not kept',
      },
    ],
    default: '',
    description: 'Where the hashes come from that the ledger records',
  },
  {
    displayName: 'Privacy',
    name: 'privacy',
    type: 'options',
    options: [
      {
        name: 'Public',
        value: 'public',
        description: 'Whoever has the same file can find it; names are masked. Not for files one can guess.',
      },
      { name: 'Private', value: 'private', description: 'The statements stay with you' },
    ],
    default: 'public',
    description: 'What others may learn, should the ledger be published',
  },
];

export function policiesOf(
  opened: OpenedConnection,
  parameter: (name: string) => unknown,
): Pick<Link, 'hashPolicy' | 'privacy'> {
  const chosen = hashPolicies.find((policy): policy is HashPolicy => policy === parameter('hashPolicy'));
  return {
    hashPolicy: chosen ?? usualHashPolicy(opened),
    privacy: privacies.find((privacy) => privacy === parameter('privacy')) ?? 'public',
  };
}
