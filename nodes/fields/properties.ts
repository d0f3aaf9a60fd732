import type { ICredentialsDisplayOptions, INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { connectionOptions } from '../host/kinds.ts';
import type { Operation, Resource } from './operation.ts';

export const timeout: INodeProperties = {
  displayName: 'Timeout',
  name: 'timeout',
  type: 'number',
  typeOptions: { minValue: 1, maxValue: 3600 },
  default: 120,
  description: 'Seconds without any progress after which a request is given up',
};

export const connectionChoice: INodeProperties = {
  displayName: 'Connection',
  name: 'connection',
  type: 'options',
  options: connectionOptions,
  default: 'dropboxOAuth2',
  description: 'The kind of place that this works on',
};

/** All parameters of the node, made from its operations. */
export function nodeProperties(resources: readonly Resource[]): INodeProperties[] {
  return [
    resourceChoice(resources),
    ...resources.map(operationChoice),
    { ...connectionChoice, displayOptions: { hide: withoutConnection(resources) } },
    ...resources.flatMap(({ value, operations }) => operations.flatMap((operation) => fieldsOf(value, operation))),
  ];
}

/** n8n works out in the editor how many outputs the chosen operation has. */
export function nodeOutputs(resources: readonly Resource[]): INodeTypeDescription['outputs'] {
  const named = resources.flatMap(({ value, operations }) =>
    operations.flatMap(({ value: operation, outputs }) =>
      outputs === undefined ? [] : [[`${value}.${operation}`, outputs] as const],
    ),
  );
  const table = Object.fromEntries(
    named.map(([key, names]) => [key, names.map((displayName) => ({ type: 'main', displayName }))]),
  );
  return `={{ (${JSON.stringify(table)})[$parameter.resource + "." + $parameter.operation] ?? [{ type: "main" }] }}`;
}

/** What the canvas shows below the name of a node, in words: "Submit: Report". */
export function nodeSubtitle(resources: readonly Resource[]): string {
  const named = resources.flatMap(({ value, name: resource, operations }) =>
    operations.map(({ value: operation, name }) => [`${value}.${operation}`, `${name}: ${resource}`] as const),
  );
  return `={{ (${JSON.stringify(Object.fromEntries(named))})[$parameter.resource + "." + $parameter.operation] }}`;
}

/**
 * Where the Dossier key is not asked for: by operations that do not work with the records of the connected folder. Said
 * as what hides it, because the editor takes every field out of the panel that a credential names as what shows it.
 */
export function keyHiddenFor(resources: readonly Resource[]): ICredentialsDisplayOptions {
  const { resource, operation } = namesWithout(resources, ({ key }) => key === undefined);
  return { hide: { resource, operation, record: [false] } };
}

/** What n8n must never show of the output. */
export function sensitiveFields(resources: readonly Resource[]): string[] {
  return resources.flatMap(({ operations }) => operations.flatMap(({ sensitive = [] }) => sensitive));
}

function resourceChoice(resources: readonly Resource[]): INodeProperties {
  return {
    displayName: 'Resource',
    name: 'resource',
    type: 'options',
    noDataExpression: true,
    options: resources.map(({ name, value }) => ({ name, value })),
    default: 'report',
  };
}

function operationChoice({ value, operations }: Resource): INodeProperties {
  const usual = operations[0]?.value;
  return {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: [value] } },
    options: operations.map(({ name, value: operation, action, description }) => ({
      name,
      value: operation,
      action,
      description,
    })),
    default: usual,
  };
}

/** Where nothing is asked of one connection: operations that need none, and those that ask for two. */
function withoutConnection(resources: readonly Resource[]): Names {
  return namesWithout(resources, ({ needsConnection, connects }) => needsConnection === false || connects === 'two');
}

// A type and not an interface: n8n's display options take any names.
type Names = { resource: string[]; operation: string[] };

/**
 * The operations that lack something, as the editor compares them: resources all of whose operations lack it, and of the
 * others the names of operations that lack it everywhere.
 */
function namesWithout(resources: readonly Resource[], lacks: (operation: Operation) => boolean): Names {
  const silent = resources.filter(({ operations }) => operations.every(lacks));
  const others = resources.filter((resource) => !silent.includes(resource)).flatMap(({ operations }) => operations);
  const having = new Set(others.filter((operation) => !lacks(operation)).map(({ value }) => value));
  const names = others.filter(({ value }) => !having.has(value)).map(({ value }) => value);
  return { resource: silent.map(({ value }) => value), operation: [...new Set(names)] };
}

function fieldsOf(resource: string, operation: Operation): INodeProperties[] {
  const show = { resource: [resource], operation: [operation.value] };
  const fields = operation.properties.map((property) => ({
    ...property,
    displayOptions: { ...property.displayOptions, show: { ...property.displayOptions?.show, ...show } },
  }));
  if (operation.needsConnection === false) return fields;
  const options = [...(operation.options ?? []), timeout].sort((a, b) => a.displayName.localeCompare(b.displayName));
  return [
    ...fields,
    {
      displayName: 'Options',
      name: 'options',
      type: 'collection',
      placeholder: 'Add option',
      default: {},
      options,
      displayOptions: { show },
    },
  ];
}
