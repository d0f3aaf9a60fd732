import {
  bestReceiptOf,
  DossierError,
  encodeReceipt,
  encodeTrustedRoot,
  fingerprintOf,
  type Ledger,
  receiptName,
  statementKeyPem,
} from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { toReadable } from '../../../host/readable.ts';
import { ledgerOf, subjectFields, subjectOf } from './subject.ts';

export const getReceipt: Operation = {
  value: 'getReceipt',
  name: 'Get Receipt',
  action: 'Get the receipt of a recorded file',
  key: 'required',
  description: 'Get the newest receipt of a file, with the root and the key that cosign needs',
  properties: subjectFields,
  async run(call) {
    const ledger = await ledgerOf(call);
    const index = ledger && (await newestIndex(call, ledger));
    if (!ledger || index === undefined)
      throw new DossierError('not-found', 'The ledger of the connected folder knows no such file');
    const { log, trust, since } = ledger;
    const { receipt, unstamped } = await bestReceiptOf(ledger, index, call.signal);
    const binary = async (bytes: Uint8Array, name: string, mediaType: string) =>
      call.context.helpers.prepareBinaryData(await toReadable(once(bytes)), name, mediaType);
    return {
      items: [
        {
          json: {
            index,
            treeSize: receipt.treeSize,
            ledger: log.identity.origin,
            fingerprint: receipt.keyHint,
            stamps: receipt.timestamps.length,
          },
          binary: {
            receipt: await binary(encodeReceipt(receipt), receiptName, 'application/json'),
            trustedRoot: await binary(encodeTrustedRoot(trust, since), 'trusted_root.json', 'application/json'),
            statementKey: await binary(
              new TextEncoder().encode(statementKeyPem(keyOf(trust, receipt.keyHint))),
              'statement-key.pem',
              'application/x-pem-file',
            ),
          },
        },
      ],
      ...(unstamped ? { hint: `The receipt carries no time stamp: ${unstamped.message}` } : {}),
    };
  },
};

/** The key that signed this entry: after a change of keys not the newest one. */
function keyOf({ statementKeys }: Ledger['trust'], fingerprint: string): Uint8Array {
  const key = statementKeys.find((known) => fingerprintOf(known) === fingerprint);
  if (!key) throw new DossierError('ledger-broken', 'The entry was not signed with a key of this ledger');
  return key;
}

async function newestIndex(call: Call, { log }: Ledger): Promise<number | undefined> {
  const { digests: asked } = await subjectOf(call);
  const digests = asked.flatMap(({ sha256, dropboxContentHash }) => [sha256 ?? dropboxContentHash]);
  const found = await Promise.all(
    digests.flatMap((digest) => (digest === undefined ? [] : [log.find(digest, call.signal)])),
  );
  return found
    .flat()
    .sort((a, b) => a - b)
    .at(-1);
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
