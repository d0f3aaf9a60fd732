import type { INodeProperties } from 'n8n-workflow';

/** What an upload does where other content has the name. */
export const ifThereOption: INodeProperties = {
  displayName: 'If the File Exists',
  name: 'whenThere',
  type: 'options',
  options: [
    { name: 'Fail', value: 'fail', description: 'Leave it as it is and say so' },
    { name: 'Keep Both', value: 'keepBoth', description: 'Give the new one a number' },
    {
      name: 'Replace',
      value: 'replace',
      description: 'Put the new one in its place, unless it changes in that moment',
    },
  ],
  default: 'fail',
  description: 'What happens to other content under the same name. The same content is never sent again.',
};
