import { dropbox } from './dropbox.ts';
import { localFolder } from './localFolder.ts';
import { nextcloud } from './nextcloud.ts';
import { webdav } from './webdav.ts';

/** The one place where kinds of connection meet their drives. A kind is stored by its name here. */
export const connectionKinds = {
  localFolder,
  dropbox,
  nextcloud,
  webdav,
};
