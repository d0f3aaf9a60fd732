/** All attacks, by name. */
import type { AttackTable } from '../attack.ts';
import { documentAttacks } from './documents.ts';
import { folderAttacks } from './folders.ts';
import { hrefAttacks } from './hrefs.ts';
import { nextcloudAttacks } from './nextcloud.ts';
import { redirectAttacks } from './redirects.ts';
import { transportAttacks } from './transport.ts';
import { valueAttacks } from './values.ts';

export const attacks: AttackTable = {
  ...hrefAttacks,
  ...documentAttacks,
  ...valueAttacks,
  ...folderAttacks,
  ...redirectAttacks,
  ...transportAttacks,
  ...nextcloudAttacks,
};
