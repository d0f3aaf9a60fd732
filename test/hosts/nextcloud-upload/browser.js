// Gives Nextcloud's web client the browser that it expects, on the page of the server that it uploads to.
import { JSDOM } from 'jsdom';

export const order = JSON.parse(process.env.UPLOAD_ORDER);

const page = `<html><head data-requesttoken="t" data-user="${order.userId}" data-user-displayname="${order.userId}"></head></html>`;
const { window } = new JSDOM(page, { url: `${order.url}/index.php/apps/files` });
window.OC = { appConfig: { files: { max_chunk_size: order.chunkBytes } }, config: {} };
window._oc_webroot = new URL(order.url).pathname.replace(/\/$/, '');
window._oc_capabilities = {};
globalThis.window = window;
for (const name of ['document', 'location', 'localStorage', 'XMLHttpRequest', 'FormData', 'Blob', 'File', 'FileReader', 'DOMParser', 'HTMLElement', 'Element', 'Node', '_oc_webroot', '_oc_capabilities', 'OC']) {
  globalThis[name] = window[name];
}
