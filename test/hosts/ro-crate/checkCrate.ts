import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureHost } from '../install.ts';

interface Finding {
  readonly status: string;
  readonly message: string;
}

interface Validator {
  readonly results: readonly Finding[];
  parseJSON(json: string): void;
  validate(): Promise<void>;
  checkFiles(files: Record<string, { exists: boolean; inCrate: boolean; isDir: boolean }>): void;
}

/**
 * The checker of RO-Crate's own package, as an oracle in tests: gives the errors that it finds in a crate and in the
 * names of the files beside it. It would look the context up at its address; here nothing is asked of any network.
 */
export async function createCrateChecker(): Promise<(crate: string, files: readonly string[]) => Promise<string[]>> {
  const modules = join(await ensureHost('ro-crate'), 'node_modules');
  const asked = globalThis.fetch;
  globalThis.fetch = async () => new Response('{"@context": {}}', { status: 200 });
  const { Validator } = createRequire(join(modules, 'x.js'))('ro-crate/lib/validator.js') as {
    Validator: new () => Validator;
  };
  globalThis.fetch = asked;
  return async (crate, files) => {
    const validator = new Validator();
    validator.parseJSON(crate);
    await validator.validate();
    // Ids are addresses: it compares them with names as they stand.
    validator.checkFiles(
      Object.fromEntries(
        files.map((name) => [encodeURIComponent(name), { exists: true, inCrate: false, isDir: false }]),
      ),
    );
    return validator.results.filter(({ status }) => status === 'error').map(({ message }) => message);
  };
}
