import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Which argument of these is a sentence, as a literal or made with `say`. */
const sentenceArgument: Readonly<Record<string, number>> = {
  DossierError: 1,
  editorError: 1,
  parseJson: 2,
  parseJsonBytes: 2,
};

/** The ids of all sentences in one source text: those that errors begin with, and those made with `say`. */
export function sentencesIn(source: string): string[] {
  const found: string[] = [];
  const literals = (node: ts.Node | undefined): void => {
    if (node === undefined || ts.isTaggedTemplateExpression(node)) return;
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push(node.text);
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(literals);
    else if (ts.isBinaryExpression(node)) [node.left, node.right].forEach(literals);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'say') found.push(idOf(node.template));
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      const at = sentenceArgument[node.expression.getText()];
      if (at !== undefined) literals(node.arguments?.[at]);
    }
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'advice') literals(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true));
  return found.filter((id) => /\p{L}/u.test(id.replace(/\{\d+\}/g, '')));
}

function idOf(template: ts.TemplateLiteral): string {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.text;
  return template.head.text + template.templateSpans.map(({ literal }, at) => `{${at}}${literal.text}`).join('');
}

/** The ids of all sentences in the sources below some folders, each with the file that it is first found in. */
export function sentencesBelow(...folders: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of folders)
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) =>
      each.endsWith('.ts'),
    ))
      for (const id of sentencesIn(readFileSync(join(folder, name), 'utf8')))
        if (!found.has(id)) found.set(id, join(folder, name));
  return found;
}

/** Sentences of the core and of the editor that the French bundle lacks. */
export function withoutFrench(root: string): string[] {
  const french = JSON.parse(readFileSync(join(root, 'extension/l10n/bundle.l10n.fr.json'), 'utf8')) as object;
  return [...sentencesBelow(join(root, 'shared'), join(root, 'extension/src'))]
    .filter(([id]) => !(id in french))
    .map(
      ([id, file]) => `${file.slice(root.length)}: not in extension/l10n/bundle.l10n.fr.json: ${JSON.stringify(id)}`,
    );
}
