import { DossierError, fingerprintOf, parseKey } from '../../../../shared/index.ts';
import type { Operation } from '../../../fields/operation.ts';
import { publishRecorded, unpublishedWords } from '../../../host/publishing.ts';

export const changeKey: Operation = {
  value: 'changeKey',
  key: 'required',
  name: 'Change Key',
  action: 'Change the keys of the ledger',
  description: 'Let another Dossier key sign the ledger from now on',
  properties: [
    {
      displayName:
        'Both keys sign the change. Entries and histories go on; receipts that were given before are to be made anew. What is encrypted in the folder stays encrypted with the present key: afterwards put the next one into the field Ledger Key of the Dossier Key credential, and keep both.',
      name: 'changeKeyNotice',
      type: 'notice',
      default: '',
    },
    {
      displayName: 'Next Key',
      name: 'nextKey',
      type: 'string',
      typeOptions: { password: true },
      default: '',
      required: true,
      placeholder: 'e.g. dossier-key-1…',
      description: 'The key that signs from now on, made by Key: Create. The node’s credential holds the present one.',
    },
  ],
  async run({ open, store, parameter, signal }) {
    const text = String(parameter('nextKey') ?? '').trim();
    if (text === '') throw new DossierError('invalid-input', 'Give the key that is to sign from now on');
    const opened = await open();
    const ledger = await (await store()).changeKey(parseKey(text), signal);
    const unpublished = unpublishedWords(await publishRecorded(opened, ledger, signal));
    return {
      items: [
        {
          json: {
            ledger: ledger.log.identity.origin,
            fingerprint: ledger.log.statementFingerprint,
            formerFingerprints: ledger.trust.rotations?.map(({ former }) => fingerprintOf(former.statement)) ?? [],
          },
        },
      ],
      hint: `The ledger is signed with ${ledger.log.statementFingerprint.slice(0, 16)}… from now on: put the next key into the field Ledger Key of the Dossier Key credential, and tell those who trust the former one${unpublished}`,
    };
  },
};
