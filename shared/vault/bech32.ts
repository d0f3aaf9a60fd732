const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/**
 * Bech32, as age writes its keys: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki, without its limit of
 * length.
 */
export function bech32(prefix: string, bytes: Uint8Array): string {
  const words = fiveBitWords(bytes);
  const expanded = [...prefix]
    .map((letter) => letter.charCodeAt(0) >> 5)
    .concat(
      0,
      [...prefix].map((letter) => letter.charCodeAt(0) & 31),
    );
  const sum = polymod([...expanded, ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = [0, 1, 2, 3, 4, 5].map((index) => (sum >> (5 * (5 - index))) & 31);
  return `${prefix}1${[...words, ...check].map((word) => alphabet[word]).join('')}`;
}

function fiveBitWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  let pending = 0;
  let bits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) words.push((pending >> (bits - 5)) & 31);
    pending &= 0xff;
  }
  if (bits > 0) words.push((pending << (5 - bits)) & 31);
  return words;
}

function polymod(words: readonly number[]): number {
  return words.reduce((sum, word) => {
    const top = sum >> 25;
    return generator.reduce(
      (value, term, index) => ((top >> index) & 1 ? value ^ term : value),
      ((sum & 0x1ffffff) << 5) ^ word,
    );
  }, 1);
}
