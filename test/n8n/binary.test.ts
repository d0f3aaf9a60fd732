import { rm } from 'node:fs/promises';
import { type IBinaryData, type IExecuteFunctions, type INodeType, NodeConnectionTypes } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BinaryFile, binaryFiles } from '../../nodes/host/binary.ts';
import { readBytes } from '../../shared/index.ts';
import { seededBytes } from '../support/seeded.ts';
import { createNodeHost, type NodeHost } from './nodeHost.ts';

let host: NodeHost;
const bytes = seededBytes(1_000_000, 'binary');

beforeAll(async () => {
  host = await createNodeHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const description: INodeType['description'] = {
  displayName: 'Probe',
  name: 'probe',
  group: [],
  version: 1,
  description: '',
  defaults: {},
  inputs: [NodeConnectionTypes.Main],
  outputs: [NodeConnectionTypes.Main],
  properties: [],
};

/** Runs `use` on the files of one item within a real execution. */
async function withFiles<T>(
  binary: Record<string, IBinaryData>,
  wanted: unknown,
  use: (files: BinaryFile[]) => Promise<T>,
): Promise<T> {
  let result: T | undefined;
  const node: INodeType = {
    description,
    async execute(this: IExecuteFunctions) {
      result = await use(await binaryFiles(this, 0, wanted));
      return [[]];
    },
  };
  await host.run({ node, parameters: {}, items: [{ json: {}, binary }] });
  return result as T;
}

const inItem: IBinaryData = {
  data: Buffer.from(bytes).toString('base64'),
  mimeType: 'image/jpeg',
  fileName: 'photo.jpg',
};

describe('files of an item', () => {
  it.each([
    [{ fileName: '', fileExtension: 'jpg' }, 'data.jpg'],
    [{ fileName: '  ' }, 'data.jpg'],
    [{ fileName: '', mimeType: 'text/csv; charset=utf-8' }, 'data.csv'],
    [{ fileName: '', mimeType: 'application/x-unknown', fileExtension: '' }, 'data'],
  ])('a file of %j is named by its field and its media type', async (given, name) => {
    const binary = { data: inItem.data, mimeType: inItem.mimeType, ...given } as IBinaryData;
    await withFiles({ data: binary }, '', async ([file]) => expect(file?.name).toBe(name));
  });

  it.each(['in the store', 'within the item'])('reads ranges of a binary %s, as often as asked', async (where) => {
    const data = where === 'in the store' ? await host.store(bytes, 'photo.jpg', 'image/jpeg') : inItem;
    await withFiles({ data }, '', async ([file]) => {
      expect(file).toMatchObject({
        field: 'data',
        name: 'photo.jpg',
        mediaType: 'image/jpeg',
        source: { size: bytes.length },
      });
      for (const [start, end] of [
        [0, bytes.length],
        [0, 1],
        [999_999, 1_000_000],
        [262_143, 524_289],
        [500, 500],
      ] as const) {
        const read = await readBytes(file!.source.open({ start, end }), bytes.length);
        expect(Buffer.compare(read, bytes.subarray(start, end))).toBe(0);
      }
      expect((await readBytes(file!.source.open(), bytes.length)).length).toBe(bytes.length);
    });
  });

  it('takes all fields when none is named, and only those named otherwise, in that order', async () => {
    const binary = { one: inItem, two: inItem, three: inItem };
    expect(await withFiles(binary, '', async (files) => files.map(({ field }) => field))).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(await withFiles(binary, ' three , one', async (files) => files.map(({ field }) => field))).toEqual([
      'three',
      'one',
    ]);
  });

  it('takes binaries that an expression gives', async () => {
    expect(
      await withFiles({}, [inItem], async (files) => files.map(({ name, source }) => [name, source.size])),
    ).toEqual([['photo.jpg', bytes.length]]);
  });

  it('names a field that the item lacks, and those it has', async () => {
    await expect(withFiles({ one: inItem }, 'photo', async () => undefined)).rejects.toMatchObject({
      code: 'source-missing',
      message: expect.stringMatching(/"photo".*It has: one/),
    });
  });

  it('says so when n8n has thrown the file away', async () => {
    const data = await host.store(bytes, 'gone.jpg');
    await withFiles({ data }, '', async ([file]) => {
      await rm(new URL('file://' + (await storedPath(data))).pathname);
      await expect(readBytes(file!.source.open(), bytes.length)).rejects.toMatchObject({
        code: 'source-missing',
        message: expect.stringContaining('gone.jpg'),
      });
    });
  });

  it('falls back to the field when a file has no name', async () => {
    const data = { data: '', mimeType: 'image/png', fileExtension: 'png' };
    expect(await withFiles({ picture: data }, '', async ([file]) => [file!.name, file!.source.size])).toEqual([
      'picture.png',
      0,
    ]);
  });
});

async function storedPath(binary: IBinaryData): Promise<string> {
  const { Container } = await import('@n8n/di');
  const { BinaryDataService } = await import('n8n-core');
  return Container.get(BinaryDataService).getPath(binary.id!);
}
