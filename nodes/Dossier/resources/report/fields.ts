import type { INodeProperties } from 'n8n-workflow';
import { madeWhereMissing, whenEmpty } from '../../../fields/folderWords.ts';
import { folderLocator } from '../../../fields/locators.ts';

export const titleField: INodeProperties = {
  displayName: 'Title',
  name: 'title',
  type: 'string',
  required: true,
  default: '',
  placeholder: 'e.g. Flooding at the north bridge',
  description: 'The report gets a folder of this name',
};

export const descriptionField: INodeProperties = {
  displayName: 'Description',
  name: 'description',
  type: 'string',
  typeOptions: { rows: 4 },
  default: '',
  description: 'Becomes description.txt beside the attachments',
};

export const attachmentsField: INodeProperties = {
  displayName: 'Attachments',
  name: 'attachments',
  type: 'string',
  default: '',
  placeholder: 'e.g. photo, video',
  description: 'Names of the binary fields to attach, separated by commas. Empty attaches all that the item has.',
  hint: 'The names of the input binary fields',
};

const gatherField: INodeProperties = {
  displayName: 'Make a Report Of',
  name: 'gather',
  type: 'options',
  options: [
    {
      name: 'All Items',
      value: 'all',
      description: 'One report with the files of all; its texts are those of the first item',
    },
    { name: 'Each Item', value: 'item', description: 'As many reports as there are items' },
    {
      name: 'Items With the Same Title',
      value: 'title',
      description: 'One report for each title, with the files of all items that have it',
    },
  ],
  default: 'item',
  description: 'Items are gathered only where they agree on destination and options',
};

/** What a report is made of. */
export const contentFields: readonly INodeProperties[] = [titleField, descriptionField, attachmentsField, gatherField];

export const destinationField: INodeProperties = folderLocator({
  displayName: 'Destination Folder',
  name: 'folder',
  description: `Receives the reports. ${madeWhereMissing} ${whenEmpty}`,
});

export const recordField: INodeProperties = {
  displayName: 'Record in Ledger',
  name: 'record',
  type: 'boolean',
  default: false,
  description:
    'Whether to record the report in the ledger of the connected folder, put its receipt beside it and list it under Submitted. Needs a Dossier key.',
};

/** Fields that are shown while a selector has one of these values. */
export function shownFor(
  selector: string,
  values: readonly string[],
  fields: readonly INodeProperties[],
): INodeProperties[] {
  return fields.map((field) => ({ ...field, displayOptions: { show: { [selector]: [...values] } } }));
}

export const encodingOption: INodeProperties = {
  displayName: 'Description Encoding',
  name: 'encoding',
  type: 'options',
  options: [
    { name: 'Arabic (Windows-1256)', value: 'windows-1256' },
    { name: 'Chinese, Simplified (GB18030)', value: 'gb18030' },
    { name: 'Chinese, Traditional (Big5)', value: 'big5' },
    { name: 'Cyrillic (KOI8-R)', value: 'koi8-r' },
    { name: 'Cyrillic (Windows-1251)', value: 'windows-1251' },
    { name: 'Japanese (Shift JIS)', value: 'shift_jis' },
    { name: 'Korean (EUC-KR)', value: 'euc-kr' },
    { name: 'Unicode (UTF-16 LE)', value: 'utf-16le' },
    { name: 'Unicode (UTF-8)', value: 'utf-8' },
    { name: 'Western (ISO-8859-1)', value: 'iso-8859-1' },
    { name: 'Western (Windows-1252)', value: 'windows-1252' },
  ],
  default: 'utf-8',
  description: 'Code page of description.txt. Where it lacks a character, UTF-8 is used instead.',
};

type Wording = Pick<INodeProperties, 'displayName' | 'name' | 'description'> & { readonly required?: boolean };

/** A parameter that names a report in the store of the connected folder. */
export function reportLocator(wording: Wording): INodeProperties {
  return {
    ...wording,
    type: 'resourceLocator',
    default: { mode: 'list', value: '' },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        placeholder: 'Select…',
        typeOptions: { searchListMethod: 'searchReports', searchable: true },
      },
      { displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. 01m7z23b93q7sj0dm98b4vxc6h' },
    ],
  };
}

export const privacyOption: INodeProperties = {
  displayName: 'Privacy',
  name: 'privacy',
  type: 'options',
  options: [
    {
      name: 'Private',
      value: 'private',
      description: 'What is recorded of the report stays with you',
    },
    {
      name: 'Public',
      value: 'public',
      description: 'Whoever has one of its files can find it where the ledger is published; names are masked',
    },
  ],
  default: 'private',
  description: 'What others may learn of this report, where the ledger is published',
};
