import type { Operation } from '../../../fields/operation.ts';

export const auditLedger: Operation = {
  value: 'audit',
  key: 'required',
  name: 'Audit',
  action: 'Audit the ledger',
  description:
    'Derive the whole ledger again from its signed statements, and compare it with the state that this workflow saw last and with what is published. Names whatever does not fit; for a schedule with an alert behind it.',
  properties: [],
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
