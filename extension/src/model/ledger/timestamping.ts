import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import {
  parseTimestampAuthority,
  parseTimestampChain,
  say,
  type Timestamping,
  type Trust,
} from '../../../../shared/index.ts';
import { createNodeHttp } from '../../node/nodeHttp.ts';
import { editorError } from '../../ui/editorError.ts';

export const timestampSettings = 'dossier.timestamp';
const longestPem = 200_000;
/** A report does not wait longer for a time stamp. */
const timeoutMs = 20_000;

/**
 * The time-stamp authority of the settings; undefined where none is named. `invalid-input` says what is wrong with it.
 */
export async function timestampingOf(): Promise<Timestamping | undefined> {
  const { authority, certificates } = settings();
  if (authority === '') return undefined;
  if (certificates === '')
    throw editorError(
      'invalid-input',
      'A time-stamp authority is believed by its certificates only: name the file that holds them',
    );
  return {
    authority: parseTimestampAuthority(authority, await read(certificates)),
    http: createNodeHttp({ timeoutMs }),
    random: (length) => new Uint8Array(randomBytes(length)),
  };
}

/**
 * Certificates of the time-stamp authorities that the user believes, also without having one stamp for them. Codes as
 * above.
 */
export async function believedChains(): Promise<Trust['timestampChains']> {
  const { certificates } = settings();
  return certificates === '' ? [] : [parseTimestampChain(await read(certificates))];
}

function settings(): { authority: string; certificates: string } {
  const read = (name: string) => vscode.workspace.getConfiguration(timestampSettings).get<string>(name, '').trim();
  return { authority: read('authority'), certificates: read('certificates') };
}

async function read(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() && found.size <= longestPem) return readFile(file, 'utf8');
  throw editorError('invalid-input', say`The certificates of the time-stamp authority cannot be read from ${file}`);
}
