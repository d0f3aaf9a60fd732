import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import ts from 'typescript';

/** Names that a file exports, and what it takes from others: a name, or `*` for all of them. */
interface Module {
  readonly exported: ReadonlySet<string>;
  /** Of these, types: they say what an exported function takes, whether or not somebody names them. */
  readonly types: ReadonlySet<string>;
  readonly taken: readonly { readonly from: string; readonly name: string }[];
}

const products = ['shared', 'nodes', 'credentials', 'extension/src'];
const others = ['test', '.config', 'extension/webview', 'page'];
/** Opened by n8n, by the editor or by the compiler. */
const openedFromOutside = /\.node\.ts$|^credentials\/|^extension\/src\/extension\.ts$|\.d\.ts$/;
const door = 'shared/index.ts';
const isHost = (path: string) => /^(nodes|credentials|extension)\//.test(path);

/**
 * Functions and values that no other file imports, and names of the door that no host imports: tests have a door of
 * their own.
 */
export function unusedExports(root: string): string[] {
  const modules = new Map(
    [...products, ...others].flatMap((folder) => filesIn(root, folder)).map((path) => [path, read(root, path)]),
  );
  const used = new Map<string, Set<string>>();
  for (const [path, { taken }] of modules)
    for (const { from, name } of taken) {
      if (from === door && !isHost(path)) continue;
      used.set(from, (used.get(from) ?? new Set()).add(name));
    }
  return [...modules].flatMap(([path, { exported, types }]) => {
    if (!products.some((folder) => path.startsWith(`${folder}/`)) || openedFromOutside.test(path)) return [];
    const names = used.get(path) ?? new Set();
    return names.has('*')
      ? []
      : [...exported]
          .filter((name) => !names.has(name) && (path === door || !types.has(name)))
          .map((name) => `${path}: ${name}`);
  });
}

function filesIn(root: string, folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/(^|\/)(fixtures?|node_modules)\//.test(name))
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function read(root: string, path: string): Module {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const [exported, types] = [new Set<string>(), new Set<string>()];
  const taken: { from: string; name: string }[] = [];
  const take = (specifier: ts.Node | undefined, ...names: readonly string[]) => {
    if (!specifier || !ts.isStringLiteralLike(specifier) || !specifier.text.startsWith('.')) return;
    const from = normalize(join(path, '..', specifier.text));
    for (const name of names) taken.push({ from, name });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) take(node.moduleSpecifier, ...importedNames(node.importClause));
    else if (ts.isExportDeclaration(node)) readExport(node, exported, take);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      take(node.arguments[0], '*');
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) take(node.argument.literal, '*');
    else
      for (const name of declaredNames(node)) {
        exported.add(name);
        if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) types.add(name);
      }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { exported, types, taken };
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  const bindings = clause?.namedBindings;
  if (!bindings || ts.isNamespaceImport(bindings)) return ['*'];
  return bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}

function readExport(
  { exportClause, moduleSpecifier }: ts.ExportDeclaration,
  exported: Set<string>,
  take: (specifier: ts.Node | undefined, ...names: readonly string[]) => void,
): void {
  if (!exportClause || !ts.isNamedExports(exportClause)) return take(moduleSpecifier, '*');
  for (const { name, propertyName } of exportClause.elements) {
    exported.add(name.text);
    take(moduleSpecifier, (propertyName ?? name).text);
  }
}

function declaredNames(node: ts.Node): string[] {
  const isExported =
    ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  if (!isExported) return [];
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
  const { name } = node as ts.Node & { readonly name?: ts.Node };
  return name && ts.isIdentifier(name) ? [name.text] : [];
}
