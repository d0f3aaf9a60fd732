/** How deep boxes may lie in one another, and how many there may be: real stores have some hundred, seven deep. */
const deepest = 24;
const mostBoxes = 20_000;

/**
 * Whether bytes are JUMBF (ISO 19566-5) whose boxes fit into one another: nobody who reads them later meets a box that
 * is larger than what it lies in, or that goes on for ever.
 */
export function areSound(store: Uint8Array): boolean {
  const view = new DataView(store.buffer, store.byteOffset, store.byteLength);
  let count = 0;
  const sound = (from: number, to: number, depth: number): boolean => {
    if (depth > deepest) return false;
    for (let at = from; at < to; ) {
      if (++count > mostBoxes || to - at < 8) return false;
      const short = view.getUint32(at);
      const isLong = short === 1;
      if (isLong && to - at < 16) return false;
      const size = isLong ? Number(view.getBigUint64(at + 8)) : short;
      const header = isLong ? 16 : 8;
      if (size < header || size > to - at) return false;
      const isSuper = view.getUint32(at + 4) === superBox;
      if (isSuper && !sound(at + header, at + size, depth + 1)) return false;
      at += size;
    }
    return true;
  };
  return store.length >= 8 && view.getUint32(4) === superBox && sound(0, store.length, 0);
}

/** `jumb` */
const superBox = 0x6a756d62;
