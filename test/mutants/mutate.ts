import ts from 'typescript';

/** One place of a file that is written otherwise. */
export interface Mutant {
  /** Below `shared/`. */
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly from: string;
  readonly to: string;
}

const { SyntaxKind } = ts;

const otherOperator: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [SyntaxKind.LessThanToken]: '<=',
  [SyntaxKind.LessThanEqualsToken]: '<',
  [SyntaxKind.GreaterThanToken]: '>=',
  [SyntaxKind.GreaterThanEqualsToken]: '>',
  [SyntaxKind.AmpersandAmpersandToken]: '||',
  [SyntaxKind.BarBarToken]: '&&',
  [SyntaxKind.PlusToken]: '-',
  [SyntaxKind.MinusToken]: '+',
};

const otherMethod: Readonly<Record<string, string>> = { some: 'every', every: 'some', min: 'max', max: 'min' };

/** Everything in a source that can be written otherwise on one line, so that it still compiles. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const put = (node: ts.Node, to: string) => {
    const [start, end] = [node.getStart(), node.getEnd()];
    const from = source.slice(start, end);
    if (from.includes('\n') || from === to) return;
    found.push({ file, line: tree.getLineAndCharacterOfPosition(start).line + 1, start, end, from, to });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isImportDeclaration(node)) return;
    for (const [target, to] of changesOf(node)) put(target, to);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function changesOf(node: ts.Node): readonly (readonly [ts.Node, string])[] {
  if (ts.isBinaryExpression(node)) {
    const to = otherOperator[node.operatorToken.kind];
    const isText = [node.left, node.right].some(
      (side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side),
    );
    return to === undefined || isText ? [] : [[node.operatorToken, to]];
  }
  if (node.kind === SyntaxKind.TrueKeyword) return [[node, 'false']];
  if (node.kind === SyntaxKind.FalseKeyword) return [[node, 'true']];
  if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken)
    return [[node, node.operand.getText()]];
  if (ts.isIfStatement(node) && !ts.isPrefixUnaryExpression(node.expression))
    return [[node.expression, `!(${node.expression.getText()})`]];
  if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent)) {
    const to = otherMethod[node.name.text];
    return to === undefined ? [] : [[node.name, to]];
  }
  // What is done and not looked at.
  if (ts.isExpressionStatement(node)) return [[node, ';']];
  if (ts.isNumericLiteral(node) && node.text !== '0' && !ts.isPropertyAssignment(node.parent))
    return [[node, String(Number(node.text) + 1)]];
  return [];
}
