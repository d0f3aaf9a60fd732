import type { ICredentialsDisplayOptions, INodeProperties, INodeTypeDescription } from 'n8n-workflow';

/** Names of other services, as descriptions list them; sentences about one of them alone are left out. */
const lists: readonly (readonly [RegExp, string])[] = [
  [/\bDropbox, Nextcloud or WebDAV\b/g, 'Dropbox'],
  [/\bNextcloud, WebDAV or Dropbox\b/g, 'Dropbox'],
];
const others = /\b(?:Nextcloud|WebDAV)\b/;

function words(text: string): string {
  const listed = lists.reduce((all, [list, one]) => all.replace(list, one), text);
  return listed
    .split(/(?<=\.) /)
    .filter((sentence) => !others.test(sentence))
    .join(' ');
}

/** Whether a choice is of Dropbox on both sides, where it names two, as `dropboxOAuth2>dropboxToken` does. */
const isDropbox = (value: unknown): boolean =>
  String(value)
    .split('>')
    .every((side) => side.startsWith('dropbox'));

/** Whether what is shown for these choices is shown at all, when only Dropbox can be chosen. */
function isShown({ show }: ICredentialsDisplayOptions = {}): boolean {
  return (show?.['connection'] as readonly string[] | undefined)?.some(isDropbox) ?? true;
}

/** The same conditions without the choices that are not offered. */
function shownFor<T extends { displayOptions?: unknown }>(given: T): T {
  const { show, ...rest } = (given.displayOptions ?? {}) as ICredentialsDisplayOptions;
  const connections = show?.['connection'] as readonly string[] | undefined;
  if (!connections) return given;
  return { ...given, displayOptions: { ...rest, show: { ...show, connection: connections.filter(isDropbox) } } };
}

function property(given: INodeProperties): INodeProperties {
  const { description, options } = given;
  const narrowed = {
    ...shownFor(given),
    ...(description === undefined ? {} : { description: words(description) }),
    ...(options === undefined ? {} : { options: options.flatMap((option) => narrow(option) ?? []) }),
  } as INodeProperties;
  if (given.name !== 'connection' || options === undefined) return narrowed;
  const offered = options.filter((option) => 'value' in option && isDropbox(option.value));
  // What goes from one place to another goes within one account here.
  const usual = String(given.default).includes('>') ? 'dropboxOAuth2>dropboxOAuth2' : 'dropboxOAuth2';
  return { ...narrowed, default: usual, options: offered };
}

type Option = NonNullable<INodeProperties['options']>[number];

function narrow(option: Option): Option | undefined {
  if ('type' in option)
    return isShown(option.displayOptions as ICredentialsDisplayOptions) ? property(option) : undefined;
  if ('values' in option) return { ...option, values: option.values.map(property) };
  return option.description === undefined ? option : { ...option, description: words(option.description) };
}

/** A node as the package for Dropbox alone describes it: n8n verifies packages that connect one service. */
export function onlyDropbox(description: INodeTypeDescription): INodeTypeDescription {
  const { subtitle } = description;
  return {
    ...description,
    description: words(description.description),
    ...(subtitle === undefined ? {} : { subtitle: subtitle.replace(/, (?:nextcloud|webdav): "[^"]*"/g, '') }),
    credentials: (description.credentials ?? []).filter(({ displayOptions }) => isShown(displayOptions)).map(shownFor),
    properties: description.properties
      .filter(({ displayOptions }) => isShown(displayOptions as ICredentialsDisplayOptions))
      .map(property),
  };
}
