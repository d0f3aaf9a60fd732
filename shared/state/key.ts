const keyPattern = /^[a-z0-9._-]+(?:\/[a-z0-9._-]+)*$/;
const longestKey = 500;

/** A wrong key is a mistake of the program, not of its user. */
export function checkKey(key: string): string {
  if (key.length > longestKey || !keyPattern.test(key)) throw new TypeError(`"${key}" cannot be the key of a record`);
  return key;
}

/** The beginning of a key; the empty prefix means all records. */
export function checkPrefix(prefix: string): string {
  if (prefix.length > longestKey || !/^[a-z0-9._/-]*$/.test(prefix))
    throw new TypeError(`"${prefix}" cannot be the beginning of a key`);
  return prefix;
}
