import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes a language known to the server as an installed language pack would, so that extensions speak it.
 * The pack is empty: VS Code's own words stay English.
 */
export async function installLanguage(language: string, userDataDir: string): Promise<void> {
  const translations = join(userDataDir, 'translations.json');
  await writeFile(translations, JSON.stringify({ contents: {} }));
  const source = { extensionIdentifier: { id: `dossier-test.language-pack-${language}` }, version: '0.0.1' };
  const pack = { hash: 'empty', extensions: [source], translations: { vscode: translations }, label: language };
  await writeFile(join(userDataDir, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
}
