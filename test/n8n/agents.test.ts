import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { forAgents, refuseToAgents } from '../../nodes/Dossier/forAgents.ts';
import { resources } from '../../nodes/Dossier/resources/index.ts';

const context = (tool: boolean, parameters: object = {}) =>
  ({ isToolExecution: () => tool, getNode: () => ({ parameters }) }) as unknown as IExecuteFunctions;
const operation = (resource: string, name: string) =>
  resources.find(({ value }) => value === resource)!.operations.find(({ value }) => value === name)!;
const byModel = { __rl: true, mode: 'path', value: "={{ $fromAI('where', 'A path', 'string') }}" };

describe('an agent that has the node as a tool', () => {
  it.each([
    ['file', 'delete', 'path'],
    ['folder', 'delete', 'path'],
    ['report', 'delete', 'report'],
    ['report', 'submit', 'folder'],
    ['file', 'upload', 'folder'],
    ['provenance', 'linkFolder', 'folder'],
  ])('%s: %s is not told by its model what %s is', (resource, name, field) => {
    const refused = { code: 'forbidden', message: expect.stringContaining(field) };
    const one = operation(resource, name);
    expect(() => refuseToAgents(context(true, { [field]: byModel }), one)).toThrow(expect.objectContaining(refused));
    // What a person entered, or an expression of the workflow, is as good as ever.
    refuseToAgents(context(true, { [field]: { ...byModel, value: '={{ $json.path }}' } }), one);
    refuseToAgents(context(false, { [field]: byModel }), one);
  });

  it('may fill what decides nothing', () => {
    refuseToAgents(context(true, { path: byModel }), operation('folder', 'list'));
    refuseToAgents(
      context(true, { title: "={{ $fromAI('title') }}", folder: '/Reports' }),
      operation('report', 'submit'),
    );
  });

  it('is given neither secrets nor files', () => {
    expect(() => refuseToAgents(context(true), operation('key', 'create'))).toThrow(/secret/);
    const item = { json: { path: '/a' }, binary: { data: {} as IBinaryData } };
    expect(forAgents(context(true), item)).toEqual({ json: { path: '/a' } });
    expect(forAgents(context(false), item)).toEqual(item);
  });
});
