import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as vscode from 'vscode';
import { sidecarsAmong } from '../../../../shared/index.ts';

const mostNamed = 5;
/** A folder of more is somebody's whole archive: nothing is looked for in it. */
const mostListed = 20_000;
/** ProofMode names evidence by the hash of its picture: it is computed for files of this size at most. */
const largestHashed = 256 * 1024 * 1024;
const byHash = /^[0-9a-f]{64}\.(?:proof\.|asc$|ots$|gst$|nostr$|devicecheck$)/i;

/**
 * The chosen files, with those that lie beside them and belong to them where the person wants that: evidence of
 * ProofMode, signatures, metadata.
 */
export async function withSidecars(chosen: readonly vscode.Uri[]): Promise<readonly vscode.Uri[]> {
  const beside: string[] = [];
  for (const folder of new Set(chosen.map(({ fsPath }) => dirname(fsPath))))
    beside.push(
      ...(await sidecarsIn(
        folder,
        chosen.filter(({ fsPath }) => dirname(fsPath) === folder).map(({ fsPath }) => basename(fsPath)),
      )),
    );
  if (beside.length === 0 || !(await areWanted(beside.map((path) => basename(path))))) return chosen;
  return [...chosen, ...beside.map((path) => vscode.Uri.file(path))];
}

async function sidecarsIn(folder: string, chosen: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (entries.length > mostListed) return [];
  const others = entries.flatMap((entry) => (entry.isFile() && !chosen.includes(entry.name) ? [entry.name] : []));
  const names = [...chosen, ...others];
  const sidecars = sidecarsAmong(names);
  const hashes = others.some((name) => byHash.test(name)) ? await hashesOf(folder, chosen) : new Set<string>();
  return names.flatMap((name, place) => {
    if (place < chosen.length) return [];
    const of = sidecars.get(place)?.of;
    const belongs =
      of === undefined ? byHash.test(name) && hashes.has(name.slice(0, 64).toLowerCase()) : of < chosen.length;
    return belongs ? [join(folder, name)] : [];
  });
}

async function hashesOf(folder: string, names: readonly string[]): Promise<Set<string>> {
  const hashes = new Set<string>();
  for (const path of names.map((name) => join(folder, name))) {
    if ((await stat(path)).size > largestHashed) continue;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    hashes.add(hash.digest('hex'));
  }
  return hashes;
}

async function areWanted(names: readonly string[]): Promise<boolean> {
  const question =
    names.length === 1
      ? vscode.l10n.t('"{0}" lies beside what you attach, and belongs to it.', names[0]!)
      : vscode.l10n.t('{0} files lie beside what you attach, and belong to it.', names.length);
  const named = names.slice(0, mostNamed).map((name) => `• ${name}`);
  const more = names.length > mostNamed ? [vscode.l10n.t('• and {0} more', names.length - mostNamed)] : [];
  const why = vscode.l10n.t('Evidence, signatures and metadata are worth most with the file that they are about.');
  const [attach, leave] = [vscode.l10n.t('Attach Them Too'), vscode.l10n.t('Leave Them')];
  const detail = [...named, ...more, '', why].join('\n');
  return (await vscode.window.showInformationMessage(question, { modal: true, detail }, attach, leave)) === attach;
}
