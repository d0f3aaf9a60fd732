/** Writing XML: escaping, and property names spelled with the prefixes a Nextcloud server uses. */
import type { XmlElement } from './read.ts';

const prefixes: Readonly<Record<string, string>> = {
  'DAV:': 'd',
  'http://sabredav.org/ns': 's',
  'http://owncloud.org/ns': 'oc',
  'http://nextcloud.org/ns': 'nc',
};

export const xmlHeader = '<?xml version="1.0"?>\n';
export const rootNamespaces = Object.entries(prefixes)
  .map(([namespace, prefix]) => `xmlns:${prefix}="${namespace}"`)
  .join(' ');

export function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A property name in Clark notation: `{namespace}local`. */
export function clark(namespace: string, name: string): string {
  return `{${namespace}}${name}`;
}

function splitClark(property: string): { namespace: string; name: string } {
  const end = property.lastIndexOf('}');
  return { namespace: property.slice(1, end), name: property.slice(end + 1) };
}

/** One property element; `inner` is XML already. */
export function propertyXml(property: string, inner: string): string {
  const { namespace, name } = splitClark(property);
  const known = prefixes[namespace];
  // A prefix cannot stand for no namespace; the default one can.
  const prefix = namespace === '' ? '' : `${known ?? 'x1'}:`;
  const declaration = known !== undefined ? '' : ` xmlns${namespace === '' ? '' : ':x1'}="${escapeXml(namespace)}"`;
  const tag = prefix + name;
  return inner === '' ? `<${tag}${declaration}/>` : `<${tag}${declaration}>${inner}</${tag}>`;
}

/** The content of a parsed element as XML that stands on its own. */
export function innerXml(element: XmlElement): string {
  return (
    escapeXml(element.text) +
    element.children.map((child) => propertyXml(clark(child.namespace, child.name), innerXml(child))).join('')
  );
}
