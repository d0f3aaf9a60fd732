import type { INodeProperties } from 'n8n-workflow';
import {
  type Attachment,
  DossierError,
  isDossierError,
  proveRemoval,
  withoutMetadata,
} from '../../../../shared/index.ts';
import type { Call } from '../../../fields/operation.ts';
import type { BinaryFile } from '../../../host/binary.ts';

export const metadataOption: INodeProperties = {
  displayName: 'Without Metadata',
  name: 'metadata',
  type: 'options',
  options: [
    {
      name: 'No: Send Files as They Are',
      value: 'keep',
      description: 'Pictures and videos keep what they say of themselves: time, camera, place, software',
    },
    {
      name: 'Yes, and Refuse Other Files',
      value: 'remove',
      description: 'A report with a file that cannot be sent so is not sent',
    },
    {
      name: 'Yes, Where That Is Possible',
      value: 'removeWherePossible',
      description: 'Files of other types, and damaged ones, are sent as they are',
    },
  ],
  default: 'keep',
  description:
    'Whether JPEG, PNG, WebP, HEIC, AVIF, MP4 and QuickTime files go as copies without metadata. The picture is not coded anew, the removal is proved by reading the copy, and the manifest names the hash of the original.',
};

type Choice = Pick<Attachment, 'metadata'>;

const choices: Readonly<Record<string, (file: BinaryFile) => Promise<Choice>>> = {
  keep: async () => ({}),
  remove: async () => ({ metadata: 'remove' }),
  removeWherePossible: async (file) => ((await isPossible(file)) ? { metadata: 'remove' } : {}),
};

/** What the option says of one file. */
export async function metadataChoice({ parameter }: Call, file: BinaryFile): Promise<Choice> {
  const { metadata = 'keep' } = (parameter('options') ?? {}) as { metadata?: unknown };
  const choice = choices[String(metadata)];
  if (choice === undefined)
    throw new DossierError('invalid-input', 'Without Metadata is one of keep, remove and removeWherePossible');
  return choice(file);
}

/** A stored report goes as its draft says: a choice that would change nothing is not passed over in silence. */
export function refuseChoiceForStored({ parameter }: Pick<Call, 'parameter'>): void {
  const { metadata = 'keep' } = (parameter('options') ?? {}) as { metadata?: unknown };
  if (metadata !== 'keep')
    throw new DossierError(
      'invalid-input',
      'Without Metadata changes nothing in a stored report: choose it where the draft is saved, and No here',
    );
}

async function isPossible(file: BinaryFile): Promise<boolean> {
  try {
    return await proveRemoval(await withoutMetadata(file, file.source));
  } catch (error) {
    return isDossierError(error, 'unsupported') ? false : Promise.reject(error);
  }
}
