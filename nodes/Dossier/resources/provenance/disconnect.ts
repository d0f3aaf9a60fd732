import type { Operation } from '../../../fields/operation.ts';
import { revokeConnection } from '../../../host/revoke.ts';
import { linkedFoldersOf } from './linkFields.ts';

export const disconnect: Operation = {
  value: 'disconnect',
  name: 'Disconnect',
  action: 'Disconnect an account from the ledger',
  key: 'required',
  description: 'Unlink all linked folders of the account. What was recorded stays.',
  properties: [
    {
      displayName:
        'From then on nothing that changes in this account is recorded, here and wherever else the same ledger is used, and triggers find nothing any more. All statements and receipts stay. Folders that are linked again continue, with the gap on record.',
      name: 'consequences',
      type: 'notice',
      default: '',
    },
    {
      displayName: 'Revoke Access',
      name: 'revoke',
      type: 'boolean',
      default: false,
      description:
        'Whether to also end the sign-in at the service. The credential, and every other workflow that uses it, stops working until somebody connects it again. WebDAV has no such thing: change the password there.',
    },
  ],
  async run(call) {
    const opened = await call.open();
    const folders = await linkedFoldersOf(call);
    const links = (await folders?.list()) ?? [];
    for (const link of links) await folders?.unlink(link);
    const revoked = call.parameter('revoke') === true && (await revokeConnection(opened, call.signal));
    return { items: [{ json: { disconnected: true, unlinked: links.map(({ folder }) => folder.path), revoked } }] };
  },
};
