import { render } from 'lit';
import type { PageStrings, ReportView, TextField, ToExtension, ToPage } from '../src/model/files/protocol.ts';
import { droppedUris } from './drop.ts';
import { reportPage } from './reportPage.ts';

declare function acquireVsCodeApi(): { postMessage(message: ToExtension): void };

const host = acquireVsCodeApi();
const root = document.getElementById('report') as HTMLElement;
const strings = JSON.parse(root.dataset['strings'] ?? '{}') as PageStrings;

/** The extension owns the report. Only what was typed and not yet echoed lives here. */
let view: ReportView | undefined;
let serial = 0;

function show(next: ReportView): void {
  // An echo of an older keystroke must not take back the newer ones.
  const typing = view !== undefined && next.serial < serial;
  view = typing ? { ...next, title: view!.title, description: view!.description, connection: view!.connection } : next;
  draw();
}

function edit(field: TextField, value: string): void {
  if (!view) return;
  view = { ...view, [field]: value };
  host.postMessage({ type: 'edit', field, value, serial: ++serial });
}

function draw(): void {
  if (!view) return;
  const isFirst = root.childElementCount === 0;
  render(reportPage(view, strings, { send: (message) => host.postMessage(message), edit }), root);
  // Who has just begun a report writes at once.
  if (isFirst && view.title === '' && view.actions.includes('save')) document.getElementById('title')?.focus();
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  if (data.type === 'show') show(data.view);
});

document.addEventListener('dragover', (event) => {
  if (!view?.actions.includes('save')) return;
  event.preventDefault();
  document.body.classList.add('dropping');
});
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) document.body.classList.remove('dropping');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  const uris = droppedUris(event.dataTransfer);
  if (uris.length > 0) host.postMessage({ type: 'drop', uris });
});

host.postMessage({ type: 'ready' });
