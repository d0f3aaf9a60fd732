import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'nodes/Dossier/examples');
const files = (await readdir(folder)).sort();
const page = await readFile(join(root, 'docs/examples.md'), 'utf8');

interface Node {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly position: readonly [number, number];
  readonly webhookId?: string;
  readonly parameters: { readonly content?: string; readonly width?: number; readonly height?: number };
}

interface Example {
  readonly id: string;
  readonly name: string;
  readonly nodes: readonly Node[];
}

const examples = await Promise.all(
  files.map(async (file) => [file, JSON.parse(await readFile(join(folder, file), 'utf8')) as Example] as const),
);
const isNote = ({ type }: Node) => type === 'n8n-nodes-base.stickyNote';
/** What n8n draws a node with, its name below included. */
const drawn = { width: 100, height: 140 };
/** One screen at the size that n8n shows without zooming far out. */
const screen = { width: 1500, height: 780 };

describe.each(examples)('%s', (file, example) => {
  test('says why in a note that begins with a heading', () => {
    const [note, ...others] = example.nodes.filter(isNote);
    expect(others).toEqual([]);
    expect(note!.parameters.content).toMatch(/^## .+\n\*\*Why:\*\* .{20,}/);
  });

  test('fits on a screen, and nothing lies over anything else', () => {
    const boxes = example.nodes.map((node) => {
      const [x, y] = node.position;
      const { width, height } = isNote(node) ? (node.parameters as { width: number; height: number }) : drawn;
      return { name: node.name, left: x, top: y, right: x + width, bottom: y + height };
    });
    const span = (low: 'left' | 'top', high: 'right' | 'bottom') =>
      Math.max(...boxes.map((box) => box[high])) - Math.min(...boxes.map((box) => box[low]));
    expect(span('left', 'right')).toBeLessThanOrEqual(screen.width);
    expect(span('top', 'bottom')).toBeLessThanOrEqual(screen.height);
    const over = boxes.flatMap((one, at) =>
      boxes
        .slice(at + 1)
        .filter((two) => one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom)
        .map((two) => `${one.name} over ${two.name}`),
    );
    expect(over).toEqual([]);
  });

  test('is shown in the documentation, with its picture', () => {
    const picture = `pictures/examples/${file.replace('.json', '.png')}`;
    expect(existsSync(join(root, 'docs', picture))).toBe(true);
    expect(page).toContain(`](${picture})`);
    expect(page).toContain(`## ${example.name}\n`);
  });
});

test('no two have an id or a webhook in common', () => {
  const nodes = examples.flatMap(([, { nodes: all }]) => all);
  for (const ids of [
    examples.map(([, { id }]) => id),
    nodes.map(({ id }) => id),
    nodes.flatMap((it) => it.webhookId ?? []),
  ])
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});
