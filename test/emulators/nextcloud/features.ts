/** The `DAV` header: what this server can do beyond the standard, and that it has no locks. */
import type { Site } from './site.ts';

export function davFeatures(site: Site): Record<string, string> {
  const features = [
    '1',
    '3',
    'extended-mkcol',
    'nc-paginate',
    ...(site.switches.serverHashes ? ['nextcloud-checksum-update'] : []),
  ];
  return { DAV: features.join(', ') };
}
