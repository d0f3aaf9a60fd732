import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type INode, type INodeProperties, type INodePropertyOptions, NodeHelpers, Workflow } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { Dossier } from '../../nodes/Dossier/Dossier.node.ts';
import { resources } from '../../nodes/Dossier/resources/index.ts';
import { DossierFolderTrigger } from '../../nodes/DossierFolderTrigger/DossierFolderTrigger.node.ts';
import { DossierTrigger } from '../../nodes/DossierTrigger/DossierTrigger.node.ts';
import { madeWhereMissing, mustExist, mustExistUnlessMade, whenEmpty } from '../../nodes/fields/folderWords.ts';
import { testKey } from '../../nodes/fields/testKey.ts';
import { type HostKind, hostKinds } from '../../nodes/host/kinds.ts';
import { createKey } from '../../shared/index.ts';
import { outputSchema } from './outputSchema.ts';

const type = new Dossier();
const { description } = type;
const operations = resources.flatMap(({ value, operations }) =>
  operations.map((operation) => ({ resource: value, operation })),
);
const nodeTypes = { getByName: () => type, getByNameAndVersion: () => type, getKnownTypes: () => ({}) };

/** Shown as long as nobody has chosen anything. */
function isUsual({ displayOptions }: INodeProperties, all: readonly INodeProperties[]): boolean {
  if (displayOptions === undefined) return true;
  const conditions = Object.entries(displayOptions.show ?? {});
  const usual = (name: string) => all.find((field) => field.name === name)?.default as never;
  return conditions.length > 0 && conditions.every(([name, values]) => values?.includes(usual(name)));
}

function nodeWith(parameters: INode['parameters']): INode {
  return { id: 'n', name: 'Dossier', type: 'n8n-nodes-dossier.dossier', typeVersion: 1, position: [0, 0], parameters };
}

function shown(parameters: INode['parameters']): INodeProperties[] {
  const node = nodeWith(parameters);
  const all = NodeHelpers.getNodeParameters(description.properties, parameters, true, false, node, description) ?? {};
  return description.properties.filter((property) => NodeHelpers.displayParameter(all, property, node, description));
}

/** A field, and those of the collection that it is. */
function withOptions(property: INodeProperties): INodeProperties[] {
  const inner = (property.options ?? []).flatMap((option) =>
    'displayName' in option && 'type' in option ? [option] : [],
  );
  return [property, ...inner];
}

function choicesIn(property: INodeProperties): INodePropertyOptions[] {
  return withOptions(property).flatMap(({ options = [] }) =>
    options.flatMap((option) => ('value' in option && 'name' in option && !('type' in option) ? [option] : [])),
  );
}

describe('what n8n shows of the node', () => {
  it.each([description, new DossierFolderTrigger().description])(
    'asks in $displayName for the credential of whichever connection is chosen',
    ({ credentials = [] }) => {
      const asked = credentials.flatMap(({ name, displayOptions }) =>
        (displayOptions?.show?.['connection'] ?? [])
          .filter((choice) => !String(choice).includes('>'))
          .map((choice) => [choice, name]),
      );
      const kinds: readonly HostKind[] = Object.values(hostKinds);
      expect(asked).toEqual(kinds.flatMap(({ ways }) => ways.map(({ value, credential }) => [value, credential])));
    },
  );

  it.each(operations)(
    'asks for the fields of $resource: $operation.value and for no others',
    ({ resource, operation }) => {
      const names = shown({ resource, operation: operation.value }).map(({ name }) => name);
      const fields = operation.properties
        .filter((field) => isUsual(field, operation.properties))
        .map(({ name }) => name);
      const own = operation.needsConnection === false ? [] : ['connection', 'options'];
      expect(new Set(names)).toEqual(
        new Set(['resource', 'operation', ...fields, ...own, ...(names.includes('limit') ? ['limit'] : [])]),
      );
      expect(new Set(names).size).toBe(names.length);
    },
  );

  it.each(operations)(
    'has as many outputs for $resource: $operation.value as the operation fills',
    ({ resource, operation }) => {
      const workflow = new Workflow({
        id: 'w',
        nodes: [nodeWith({ resource, operation: operation.value })],
        connections: {},
        active: false,
        nodeTypes,
      });
      const node = workflow.getNode('Dossier')!;
      const outputs = NodeHelpers.getNodeOutputs(workflow, node, description);
      expect(outputs.map((output) => (typeof output === 'string' ? undefined : output.displayName))).toEqual(
        operation.outputs ?? [undefined],
      );
    },
  );

  it.each(
    Object.entries({
      dropboxOAuth2: 'dossierDropboxOAuth2Api',
      dropboxToken: 'dossierDropboxApi',
      nextcloud: 'dossierNextcloudApi',
      webdav: 'dossierWebdavApi',
    }),
  )('asks for the credential of %s', (connection, credential) => {
    const node = nodeWith({ resource: 'folder', operation: 'list', connection });
    const asked = description
      .credentials!.filter((each) => NodeHelpers.displayParameter(node.parameters, each, node, description))
      .map(({ name }) => name);
    expect(asked).toEqual([credential]);
  });

  it('asks for the key where records are kept, and never of its own accord for a submission', () => {
    const asksForKey = (parameters: INode['parameters']) => {
      const node = nodeWith({ connection: 'webdav', ...parameters });
      const asked = description.credentials!.filter((each) =>
        NodeHelpers.displayParameter(node.parameters, each, node, description),
      );
      expect(asked.every(({ required }) => required)).toBe(true);
      return asked.some(({ name }) => name === 'dossierKeyApi');
    };
    const submit = { resource: 'report', operation: 'submit' };
    expect(asksForKey({ ...submit, what: 'new', record: false })).toBe(false);
    expect(asksForKey({ ...submit, what: 'new', record: true })).toBe(true);
    expect(asksForKey({ ...submit, what: 'stored', recordStored: false })).toBe(true);
    expect(asksForKey({ resource: 'report', operation: 'saveDraft' })).toBe(true);
    expect(asksForKey({ resource: 'provenance', operation: 'verify' })).toBe(true);
    for (const [resource, operation] of [
      ['provenance', 'verifyReceipt'],
      ['file', 'delete'],
      ['folder', 'list'],
      ['key', 'create'],
    ] as const)
      expect(asksForKey({ resource, operation }), `${resource} ${operation}`).toBe(false);
  });

  it('keeps Resource and Operation in the panel: the editor hides what a credential names as what shows it', () => {
    const named = description.credentials!.flatMap(({ displayOptions }) => Object.keys(displayOptions?.show ?? {}));
    expect(new Set(named)).toEqual(new Set(['connection']));
  });

  it.each(operations)('has a schema for the output of $resource: $operation.value', ({ resource, operation }) => {
    expect(outputSchema(resource, operation.value)).toMatchObject({ type: 'object', properties: expect.any(Object) });
  });

  it.each(operations)('describes $resource: $operation.value in what a drop-down shows of it', ({ operation }) => {
    expect(operation.description.length).toBeLessThanOrEqual(90);
    expect(operation.action).toMatch(/^[A-Z][^.]*[^.]$/);
  });

  it('describes every choice in what a drop-down shows of it, of the trigger too', () => {
    const choices = [...description.properties, ...new DossierTrigger().description.properties].flatMap(choicesIn);
    expect(choices.length).toBeGreaterThan(100);
    expect(choices.filter(({ description: text = '' }) => text.length > 90)).toEqual([]);
  });

  it('says what happens to a missing folder in the same words everywhere', () => {
    const texts = description.properties.flatMap(withOptions).map(({ description: text = '' }) => text);
    const told = texts.filter((text) => /must (exist|be there)|made where|missing folder/i.test(text));
    expect(told.length).toBeGreaterThan(4);
    const same = [madeWhereMissing, mustExist, mustExistUnlessMade];
    expect(told.filter((text) => !same.some((words) => text.includes(words)))).toEqual([]);
    expect(texts.filter((text) => text.includes('for submissions') && !text.endsWith(whenEmpty))).toEqual([]);
  });

  it('calls a hash and nothing else Hash', () => {
    const named = description.properties.filter(({ displayName }) => displayName === 'Hash');
    expect(new Set(named.map(({ name }) => name))).toEqual(new Set(['hash']));
  });

  it.each(operations)(
    'says on the canvas in words what $resource: $operation.value does',
    ({ resource, operation }) => {
      const [table = '{}'] = /\{".*"\}/.exec(description.subtitle!) ?? [];
      const words = JSON.parse(table) as Record<string, string>;
      expect(words[`${resource}.${operation.value}`]).toMatch(new RegExp(`^${operation.name}: [A-Z]`));
    },
  );

  it('can be used as a tool, and hides keys', () => {
    expect(description).toMatchObject({ usableAsTool: true, sensitiveOutputFields: ['dossierKey'] });
  });
});

const root = join(import.meta.dirname, '../..');
const codexOf = (node: string) =>
  JSON.parse(readFileSync(join(root, `nodes/${node}/${node}.node.json`), 'utf8')) as {
    alias: string[];
    resources: Record<string, { url: string }[]>;
  };

describe('how the nodes are found and explained', () => {
  it.each(['dropbox', 'nextcloud', 'webdav', 'report', 'evidence', 'provenance', 'verify', 'hash', 'upload'])(
    'somebody who looks for %s finds the node',
    (word) => expect(codexOf('Dossier').alias).toContain(word),
  );

  it('every help link leads to a page and a heading of the repository', () => {
    const ofNodes = ['Dossier', 'DossierTrigger', 'DossierDropboxTrigger', 'DossierFolderTrigger'].flatMap((node) =>
      Object.values(codexOf(node).resources).flatMap((links) => links.map(({ url }) => url)),
    );
    const ofCredentials = readdirSync(join(root, 'credentials')).flatMap(
      (file) => /documentationUrl =\s+'([^']+)'/.exec(readFileSync(join(root, 'credentials', file), 'utf8'))?.[1] ?? [],
    );
    const links = [...ofNodes, ...ofCredentials];
    expect(links.length).toBeGreaterThan(8);
    expect(links.filter((link) => !leadsSomewhere(link))).toEqual([]);
  });
});

function leadsSomewhere(link: string): boolean {
  const [, file = '', anchor] =
    /^https:\/\/github\.com\/dossier-reports\/dossier\/blob\/main\/([^#]+)(?:#(.+))?$/.exec(link) ?? [];
  if (file === '' || !existsSync(join(root, file))) return false;
  const headings = readFileSync(join(root, file), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) => line.replace(/^#+ /, '').toLowerCase());
  const anchors = headings.map((heading) => heading.replace(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'));
  return anchor === undefined || anchors.includes(anchor);
}

describe('the test of the key credential', () => {
  const test = (secretKey: string) =>
    testKey.call({} as never, { id: '1', name: 'k', type: 'dossierKeyApi', data: { secretKey } });

  it('takes a key and finds a mistyped letter', async () => {
    const key = createKey();
    expect(await test(key)).toMatchObject({ status: 'OK' });
    const mistyped = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
    expect(await test(mistyped)).toMatchObject({
      status: 'Error',
      message: expect.stringContaining('not a Dossier key'),
    });
  });
});
