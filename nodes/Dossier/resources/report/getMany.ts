import type { ReportPlace } from '../../../../shared/index.ts';
import type { Operation } from '../../operation.ts';
import { reportJson } from './reportJson.ts';

export const getManyReports: Operation = {
  value: 'getMany',
  name: 'Get Many',
  action: 'Get many stored reports',
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
    { displayName: 'Return All', name: 'returnAll', type: 'boolean', default: false, description: 'Whether to return all results or only up to a given limit' },
    {
      displayName: 'Limit',
      name: 'limit',
      type: 'number',
      typeOptions: { minValue: 1 },
      default: 50,
      description: 'Max number of results to return',
      displayOptions: { show: { returnAll: [false] } },
    },
  ],
  async run({ parameter, store, signal }) {
    const { reports } = await store();
    const place = String(parameter('place') ?? '');
    const list = await reports.list(place === '' ? {} : { place: place as ReportPlace }, signal);
    const limit = parameter('returnAll') === true ? Infinity : Number(parameter('limit'));
    const damaged = list.damaged.length === 0 ? {} : { hint: `${list.damaged.length} records in the store cannot be read: ${list.damaged[0]?.message ?? ''}` };
    return { items: list.reports.slice(0, limit).map(({ report }) => ({ json: reportJson(report) })), ...damaged };
  },
};
