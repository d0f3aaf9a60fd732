import { fromUtf8, type HttpPort, readBytes, utf8 } from '../../shared/index.ts';

/** Deletes for good what lay in a folder at the top of a Nextcloud account and was removed. */
export async function emptyTrash(http: HttpPort, url: string, userId: string, folder: string): Promise<void> {
  const trash = `${url}/remote.php/dav/trashbin/${encodeURIComponent(userId)}/trash/`;
  const body = utf8(
    '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:prop><nc:trashbin-original-location/></d:prop></d:propfind>',
  );
  const listing = await http.send({
    method: 'PROPFIND',
    url: trash,
    headers: { Depth: '1', 'Content-Type': 'application/xml' },
    body,
  });
  // Accounts may have no trash bin at all.
  if (listing.status !== 207) return;
  const text = fromUtf8(await readBytes(listing.body, 2 ** 26));
  for (const [, response = ''] of text.matchAll(/<d:response>([\s\S]*?)<\/d:response>/g)) {
    const from = /original-location>([^<]*)</.exec(response)?.[1] ?? '';
    const href = /<d:href>([^<]*)<\/d:href>/.exec(response)?.[1];
    if (href === undefined || (from !== folder && !from.startsWith(`${folder}/`))) continue;
    const deleted = await http.send({ method: 'DELETE', url: new URL(href, url).href });
    await readBytes(deleted.body, 2 ** 20);
  }
}
