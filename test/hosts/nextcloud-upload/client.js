import { order } from './browser.js';
import axios from '@nextcloud/axios';
import { Folder, Permission } from '@nextcloud/files';
import { Uploader } from '@nextcloud/upload';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const { url, user, password, userId, file, target } = order;
axios.defaults.headers.common.Authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const root = `/files/${userId}`;
const uploader = new Uploader(false, new Folder({ id: 0, owner: userId, permissions: Permission.ALL, root, source: `${url}/remote.php/dav${root}` }));
const { isChunked, chunks, response } = await uploader.upload(target, new File([await readFile(file)], basename(file)));
process.stdout.write(`${JSON.stringify({ isChunked, chunks, status: response.status })}\n`);
process.exit();
