import { createHash } from 'node:crypto';
import { fromBase64, fromUtf8Lossy } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { say } from '../../core/sentence.ts';

const lineOfDigest = 65;
const beginning = '{"schema":1,"kind":"snapshot","records":[';
/** Keys and base64 need no escapes, so that a record ends with the first bracket that closes it. */
const nextRecord = /,?\["([a-z0-9._/-]+)",(\d+),"([A-Za-z0-9+/=]*)"\]/y;

/**
 * The records of a snapshot of any size, one by one. Throws `state-corrupt` at the end, when the whole is not the one
 * that was written: what was given out before counts only once the end is reached.
 */
export async function* readSnapshot(
  content: AsyncIterable<Uint8Array>,
  { path, sha256 }: { readonly path: string; readonly sha256: string },
): AsyncIterable<readonly [key: string, version: number, value: Uint8Array]> {
  const damaged = (): DossierError =>
    new DossierError('state-corrupt', say`The snapshot ${path} is not the one that was written`, { path });
  const hash = createHash('sha256');
  let [text, begun] = ['', false];
  for await (const bytes of content) {
    hash.update(bytes);
    text += fromUtf8Lossy(bytes);
    if (!begun) {
      if (text.length < lineOfDigest + beginning.length) continue;
      if (!text.startsWith(beginning, lineOfDigest)) throw damaged();
      text = text.slice(lineOfDigest + beginning.length);
      begun = true;
    }
    let read = 0;
    for (;;) {
      nextRecord.lastIndex = read;
      const found = nextRecord.exec(text);
      if (!found) break;
      read = nextRecord.lastIndex;
      yield [found[1]!, Number(found[2]), fromBase64(found[3]!)];
    }
    text = text.slice(read);
  }
  if (text !== ']}\n' || hash.digest('hex') !== sha256) throw damaged();
}
