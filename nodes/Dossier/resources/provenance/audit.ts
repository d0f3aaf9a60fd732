import type { Operation } from '../../../fields/operation.ts';

export const auditLedger: Operation = {
  value: 'audit',
  key: 'required',
  name: 'Audit',
  action: 'Audit the ledger',
  description: 'Derive the whole ledger again, and name whatever does not fit',
  properties: [
    {
      displayName:
        'The ledger is derived again from its signed statements, and compared with the state that this workflow saw last and with what is published. Run it on a schedule, with an alert behind it.',
      name: 'auditNotice',
      type: 'notice',
      default: '',
    },
  ],
  async run({ store, signal }) {
    const { origin, entries, published, unreached, findings } = await (await store()).audit(signal);
    const whole = findings.length === 0;
    const first = findings[0]?.sentence;
    return {
      items: [
        {
          json: {
            whole,
            ...(origin === undefined ? {} : { ledger: origin }),
            entries,
            published,
            unreached: [...unreached],
            findings: findings.map(({ sentence }) => sentence),
          },
        },
      ],
      hint: whole
        ? `${entries} entries are whole, and so is what is published in ${published} folders`
        : `${findings.length} things do not fit, the first: ${first}`,
    };
  },
};
