import { crc32, deflateRawSync } from 'node:zlib';

interface Packed {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** 1 says that it is encrypted. */
  readonly flags?: number;
  readonly method?: number;
}

/** An archive as most programs write it: packed by DEFLATE, with sizes after the content. */
export function packedZip(files: readonly Packed[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const listed: Buffer[] = [];
  let at = 0;
  for (const { path, bytes, flags = 0x0808, method = 8 } of files) {
    const [name, packed] = [Buffer.from(path), deflateRawSync(bytes)];
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(flags, 6);
    head.writeUInt16LE(method, 8);
    head.writeUInt16LE(name.length, 26);
    head.writeUInt16LE(4, 28);
    const extra = Buffer.from([1, 2, 0, 0]);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc32(bytes), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(bytes.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    locals.push(head, name, extra, packed);
    listed.push(entry, name);
    at += head.length + name.length + extra.length + packed.length;
  }
  const directory = Buffer.concat(listed);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}
