import type { INodeProperties } from 'n8n-workflow';
import { DossierError, digestsOfSource, type Ledger, type SubjectDigests } from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import type { Call } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';

/** What a question about provenance is about. */
export const subjectFields: readonly INodeProperties[] = [
  {
    displayName: 'Binary Field',
    name: 'binaryField',
    type: 'string',
    default: 'data',
    description: 'The file to ask about; it is read and hashed here and sent nowhere',
    hint: 'The name of the input binary field',
  },
  {
    displayName: 'Hash',
    name: 'hash',
    type: 'string',
    default: '',
    placeholder: 'e.g. ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    description:
      'SHA-256 or Dropbox content hash of the file, as 64 hexadecimal digits. Leave empty to hash the binary field.',
  },
];

/** A hash names one digest without saying which: whichever the ledger knows is meant. */
export async function subjectsOf({ context, itemIndex, parameter, signal }: Call): Promise<readonly SubjectDigests[]> {
  const hash = String(given(context, 'hash', parameter('hash')) ?? '')
    .trim()
    .toLowerCase();
  if (hash === '') {
    const [file] = await binaryFiles(context, itemIndex, parameter('binaryField'));
    if (!file) throw new DossierError('invalid-input', 'Name a binary field or give a hash');
    return [await digestsOfSource(file.source, signal)];
  }
  if (!/^[0-9a-f]{64}$/.test(hash))
    throw new DossierError(
      'invalid-input',
      'A hash has 64 hexadecimal digits: SHA-256, or the content hash of Dropbox',
    );
  return [{ sha256: hash }, { dropboxContentHash: hash }];
}

/** The ledger of the connected folder; undefined where nothing was recorded. */
export async function ledgerOf({ store, signal }: Call): Promise<Ledger | undefined> {
  return (await store()).ledger(signal);
}
