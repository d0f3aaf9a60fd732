import { shownText } from './binary.ts';
import { takenAt } from './exif.ts';
import { cameraOf, type Facts, placeAt } from './facts.ts';

/** Bytes of a packet that are read. */
export const mostXmp = 1024 * 1024;

/**
 * The few facts that are shown, out of an XMP packet, whichever prefixes it uses. It is not parsed as XML: so nothing in
 * it can be expanded or fetched.
 */
export function xmpFacts(packet: Uint8Array): Facts {
  const text = new TextDecoder('utf-8').decode(packet.subarray(0, mostXmp));
  const find = (...names: readonly string[]): string => {
    for (const name of names) {
      const [, value] = new RegExp(`[:<]${name}(?:\\s{0,9}=\\s{0,9}["']|>)([^"'<]{1,200})`).exec(text) ?? [];
      if (value !== undefined) return shownText(new TextEncoder().encode(unescaped(value)));
    }
    return '';
  };
  const name = [find('Sublocation', 'Location'), find('City'), find('CountryName', 'Country')]
    .filter(Boolean)
    .join(', ');
  const software = find('CreatorTool');
  const [latitude, longitude] = [coordinate(find('GPSLatitude')), coordinate(find('GPSLongitude'))];
  const at = latitude === undefined || longitude === undefined ? {} : placeAt(latitude, longitude).place;
  return {
    ...takenAt(find('DateTimeOriginal', 'DateCreated', 'CreateDate')),
    ...cameraOf(find('Make'), find('Model')),
    ...(software === '' ? {} : { software }),
    ...(name === '' && at === undefined ? {} : { place: { ...at, ...(name === '' ? {} : { name }) } }),
  };
}

/** `51,28.6794N`, `51,28,40N` or plain degrees. */
function coordinate(text: string): number | undefined {
  const [, first, second = '0', third = '0', side = ''] =
    /^(-?\d{1,3}(?:\.\d{1,20})?)(?:,(\d{1,2}(?:\.\d{1,20})?))?(?:,(\d{1,2}(?:\.\d{1,20})?))?([NSEW]?)$/i.exec(text) ??
    [];
  if (first === undefined) return undefined;
  const value = Number(first) + Number(second) / 60 + Number(third) / 3600;
  return /[SW]/i.test(side) ? -value : value;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name]!);
}
