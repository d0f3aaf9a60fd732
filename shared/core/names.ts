/** Names that every drive and every desktop takes; the full wording of a title is kept in the manifest. */
const forbidden = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff/\\:"|?*<>]/g;
// Dropbox refused characters outside the basic plane for years, so names do without them.
const astral = /[\u{10000}-\u{10ffff}]|[\ud800-\udfff]/gu;
const reserved =
  /^(con|prn|aux|nul|com\d|lpt\d|desktop\.ini|thumbs\.db|icon\r?|\.ds_store|\.dropbox.*|\.htaccess)(\..*)?$/i;
const temporary = /^(~\$|\.~)|^~.*\.tmp$|\.(part|filepart)$/i;

export interface PortableNameOptions {
  /** Longest result, UTF-16 code units. */
  readonly maxLength: number;
  /** Used when nothing is left. */
  readonly fallback: string;
  /** Keep what follows the last dot when cutting. */
  readonly keepExtension?: boolean;
}

/** Longest name in bytes of UTF-8 that all drives take (Nextcloud refuses more than 250). */
const maxBytes = 200;

/** The nearest name that is safe everywhere. The same input always gives the same name. */
export function portableName(text: string, options: PortableNameOptions): string {
  const cleaned = text
    .normalize('NFC')
    .replace(forbidden, ' ')
    .replace(astral, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[. ]+$/, '');
  // What was left out may have been all before the dot; a name is not hidden by that.
  const hidden = cleaned.startsWith('.') && !text.trimStart().startsWith('.');
  const whole = hidden ? `${options.fallback}${cleaned}` : cleaned;
  const safe = whole === '' || /^\.+$/.test(whole) ? options.fallback : whole;
  const named = reserved.test(safe) || temporary.test(safe) ? `_${safe.replace(/\.(part|filepart)$/i, '_$1')}` : safe;
  return cut(named, options.maxLength, options.keepExtension ?? false);
}

/**
 * The name for a destination that refuses the usual one: letters lose their marks, and what is not ASCII then is left
 * out. Some services accept fewer characters than they say.
 */
export function asciiName(name: string, fallback: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/^\s*(\.|$)/, `${fallback}$1`);
  return portableName(plain, { maxLength: 100, fallback, keepExtension: true });
}

function cut(name: string, maxLength: number, keepExtension: boolean): string {
  const dot = keepExtension ? name.lastIndexOf('.') : -1;
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  let stem = extension === '' ? name : name.slice(0, dot);
  while (stem.length > 1 && (stem.length + extension.length > maxLength || utf8Length(stem + extension) > maxBytes))
    stem = stem.slice(0, -1);
  return stem.replace(/[. ]+$/, '') + extension;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** `name`, `name 1`, `name 2`…: what to try when a folder name is taken. */
export function numberedName(name: string, attempt: number): string {
  return attempt === 0 ? name : `${name} ${attempt}`;
}

/** The key under which two names are the same on a drive that folds case. */
export function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Tells apart names that would collide, case-insensitively, by ` 1`, ` 2`… before the extension. Order is kept. */
export function distinctNames(names: readonly string[], taken: readonly string[] = []): string[] {
  const used = new Set(taken.map(foldedName));
  return names.map((name) => {
    for (let attempt = 0; ; attempt++) {
      const dot = name.lastIndexOf('.');
      const candidate =
        attempt === 0 ? name : dot > 0 ? `${name.slice(0, dot)} ${attempt}${name.slice(dot)}` : `${name} ${attempt}`;
      if (used.has(foldedName(candidate))) continue;
      used.add(foldedName(candidate));
      return candidate;
    }
  });
}
