import { readFileSync } from 'node:fs';

interface Schema {
  readonly type: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** The schema by which n8n's editor offers the fields of an operation's output. */
export function outputSchema(resource: string, operation: string): Schema {
  const file = new URL(`../../nodes/Dossier/__schema__/v1.0.0/${resource}/${operation}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Schema;
}

/** The same for the items of a trigger. */
export function triggerSchema(node: 'DossierDropboxTrigger' | 'DossierFolderTrigger' | 'DossierTrigger'): Schema {
  return JSON.parse(
    readFileSync(new URL(`../../nodes/${node}/__schema__/v1.0.0.json`, import.meta.url), 'utf8'),
  ) as Schema;
}

/** Where a value is not what the schema says: of another type, or with a field that the schema does not name. */
export function mismatches({ type, properties, items }: Schema, value: unknown, at = 'json'): string[] {
  const found = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  if (found !== type) return [`${at} is ${found}, not ${type}`];
  if (Array.isArray(value))
    return items === undefined ? [] : value.flatMap((each, index) => mismatches(items, each, `${at}[${index}]`));
  if (properties === undefined) return [];
  return Object.entries(value as object).flatMap(([name, field]) => {
    const known = properties[name];
    return known === undefined ? [`${at}.${name} is not in the schema`] : mismatches(known, field, `${at}.${name}`);
  });
}
