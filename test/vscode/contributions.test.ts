import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sentencesBelow } from '../../.config/sentences.ts';
import { errorCodes } from '../../shared/testing.ts';

const extension = join(import.meta.dirname, '../../extension');

interface Command {
  readonly command: string;
  readonly category?: string;
  readonly title: string;
}

interface Manifest {
  readonly dependencies?: unknown;
  readonly enabledApiProposals?: unknown;
  readonly contributes: {
    readonly commands: readonly Command[];
    readonly menus: Readonly<Record<string, readonly { readonly command?: string; readonly submenu?: string }[]>>;
    readonly keybindings: readonly { readonly command: string }[];
  };
}

async function json<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(join(extension, file), 'utf8')) as T;
}

/** Everything that is compiled into the extension, as one text. */
async function sources(): Promise<string> {
  const files = (await readdir(join(extension, 'src'), { recursive: true })).filter((name) => name.endsWith('.ts'));
  return (await Promise.all(files.map((name) => readFile(join(extension, 'src', name), 'utf8')))).join('\n');
}

/** Texts handed to `l10n.t` as they stand in the source. */
function localized(source: string): string[] {
  const calls = source.matchAll(/l10n\.t\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g);
  return [
    ...new Set(
      [...calls].map(([, single, double]) =>
        (single ?? double ?? '').replace(/\\(n|.)/g, (_, letter) => (letter === 'n' ? '\n' : letter)),
      ),
    ),
  ];
}

const holes = (text: string) => (text.match(/\{\d+\}|\$\([\w-]+\)/g) ?? []).sort();

describe('what the extension contributes', () => {
  it('has code behind every command, and no command without a place in the manifest', async () => {
    const { contributes } = await json<Manifest>('package.json');
    const source = await sources();
    const declared = contributes.commands.map(({ command }) => command).sort();
    const registered = [
      ...source.matchAll(/(?:register(?:Row|Target)?Command\(|command\(|^\s*)'(dossier\.[a-zA-Z]+)'/gm),
    ]
      .map(([, id]) => id)
      .sort();
    expect([...new Set(registered)]).toEqual(declared);
  });

  it('says of every command when the palette shows it, and names no other commands', async () => {
    const { contributes } = await json<Manifest>('package.json');
    const declared = contributes.commands.map(({ command }) => command).sort();
    expect(contributes.menus['commandPalette']?.map(({ command }) => command).sort()).toEqual(declared);
    const named = [...Object.values(contributes.menus).flat(), ...contributes.keybindings];
    const used = named.flatMap(({ command }) => command ?? []);
    expect(used.filter((command) => !declared.includes(command))).toEqual([]);
    expect(contributes.commands.filter(({ category }) => category !== 'Dossier')).toEqual([]);
  });

  it('has every text of the manifest in English and in French, and no text that nobody shows', async () => {
    const manifest = await readFile(join(extension, 'package.json'), 'utf8');
    const [english, french] = await Promise.all([
      json<Record<string, string>>('package.nls.json'),
      json<Record<string, string>>('package.nls.fr.json'),
    ]);
    const used = [...new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key))].sort();
    expect(Object.keys(english).sort()).toEqual(used);
    expect(Object.keys(french).sort()).toEqual(used);
  });

  it('has every text of the program in French, with the same holes, and no text that nobody shows', async () => {
    const french = await json<Record<string, string>>('l10n/bundle.l10n.fr.json');
    const said = [
      ...localized(await sources()),
      ...Object.values(errorCodes).map(({ action }) => action),
      ...sentencesBelow(join(extension, '../shared'), join(extension, 'src')).keys(),
    ];
    expect(said.filter((text) => !(text in french))).toEqual([]);
    expect(Object.keys(french).filter((text) => !said.includes(text))).toEqual([]);
    expect(Object.entries(french).filter(([english, other]) => holes(english).join() !== holes(other).join())).toEqual(
      [],
    );
  });

  it('needs no package at run time and no proposed API', async () => {
    const { dependencies, enabledApiProposals } = await json<Manifest>('package.json');
    expect({ dependencies, enabledApiProposals }).toEqual({ dependencies: undefined, enabledApiProposals: undefined });
  });
});
