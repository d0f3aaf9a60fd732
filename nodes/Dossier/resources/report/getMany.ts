import type { ReportPlace } from '../../../../shared/index.ts';
import { limitFields, limitOf } from '../../../fields/limit.ts';
import type { Operation } from '../../../fields/operation.ts';
import { reportJson } from './reportJson.ts';

export const getManyReports: Operation = {
  value: 'getMany',
  name: 'Get Many',
  action: 'Get many stored reports',
  key: 'required',
  description: 'Get the drafts, the Outbox or the submitted reports of the connected folder, one item each',
  properties: [
    {
      displayName: 'Place',
      name: 'place',
      type: 'options',
      options: [
        { name: 'All', value: '' },
        { name: 'Drafts', value: 'drafts' },
        { name: 'Outbox', value: 'outbox' },
        { name: 'Submitted', value: 'submitted' },
      ],
      default: '',
    },
    ...limitFields,
  ],
  async run(call) {
    const { parameter, store, signal } = call;
    const { reports } = await store();
    const place = String(parameter('place') ?? '');
    const list = await reports.list(place === '' ? {} : { place: place as ReportPlace }, signal);
    const limit = limitOf(call);
    const damaged =
      list.damaged.length === 0
        ? {}
        : { hint: `${list.damaged.length} records in the store cannot be read: ${list.damaged[0]?.message ?? ''}` };
    return { items: list.reports.slice(0, limit).map(({ report }) => ({ json: reportJson(report) })), ...damaged };
  },
};
