import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Loops that wait for something and whose end no line of them counts: `for (;;)`, `while` and `do` with an `await` in
 * them that spend no budget. What they wait for may be a server, which can keep them going for ever.
 */
export function endlessLoopsIn(source: string): number[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const lines: number[] = [];
  const visit = (node: ts.Node): void => {
    const uncounted =
      ts.isWhileStatement(node) || ts.isDoStatement(node) || (ts.isForStatement(node) && node.condition === undefined);
    if (uncounted && holds(node.statement, isWait) && !holds(node.statement, isSpending))
      lines.push(file.getLineAndCharacterOfPosition(node.getStart()).line + 1);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return lines;
}

const isWait = (node: ts.Node): boolean =>
  ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && !!node.awaitModifier);

const isSpending = (node: ts.Node): boolean =>
  ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'spend';

/** Whether it is in the node itself, and not in a function within it. */
function holds(node: ts.Node, wanted: (node: ts.Node) => boolean): boolean {
  if (ts.isFunctionLike(node)) return false;
  return wanted(node) || ts.forEachChild(node, (child) => holds(child, wanted) || undefined) === true;
}

/** Files below a folder of the repository that have such loops. */
export function filesWithEndlessLoops(root: string, ...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`)
      .filter((name) => endlessLoopsIn(readFileSync(join(root, name), 'utf8')).length > 0),
  );
}
