import type { INodeProperties } from 'n8n-workflow';

/** The choice to make the folders of a destination. */
export const createFoldersOption: INodeProperties = {
  displayName: 'Create Missing Folders',
  name: 'parents',
  type: 'boolean',
  default: false,
  description: 'Whether to make the folder, with those above it, where it is missing',
};
