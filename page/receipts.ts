import { isDossierError } from '../shared/core/errors.ts';
import { parseReceipt, type Receipt } from '../shared/ledger/receipt/receipt.ts';

const largestReceipt = 4_000_000;
const largestArchive = 500_000_000;

/** The receipts that a file is or holds: a Sigstore bundle, or an exported history as Dossier archives it. */
export async function receiptsIn(file: File): Promise<Receipt[]> {
  const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (start[0] === 0x50 && start[1] === 0x4b && file.size <= largestArchive) return inArchive(file);
  if (start[0] !== 0x7b || file.size > largestReceipt) return [];
  const receipt = read(new Uint8Array(await file.arrayBuffer()));
  return receipt ? [receipt] : [];
}

function read(bytes: Uint8Array): Receipt | undefined {
  try {
    return parseReceipt(bytes);
  } catch (error) {
    if (isDossierError(error)) return undefined;
    throw error;
  }
}

/** Files of a ZIP archive that are not compressed (APPNOTE.TXT 6.3, sections 4.3.12 and 4.3.16). */
async function inArchive(file: File): Promise<Receipt[]> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) return [];
  const receipts: Receipt[] = [];
  for (let at = view.getUint32(end + 16, true), left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) break;
    const [name, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [
      number,
      number,
      number,
    ];
    const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name));
    const [method, size, local] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ];
    if (method === 0 && path.endsWith('.sigstore.json') && local + 30 <= bytes.length) {
      const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const receipt = read(bytes.subarray(from, from + size));
      if (receipt) receipts.push(receipt);
    }
    at += 46 + name + extra + comment;
  }
  return receipts;
}
