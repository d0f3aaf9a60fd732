import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Board, Running } from './board.ts';

/** Text as HTML. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const style = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');
const script = readFileSync(join(import.meta.dirname, 'script.js'), 'utf8');

export function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${style}</style><body>${body}</body></html>`;
}

/** Everything at a glance, and what to do first. */
export function openingPage(board: Board): string {
  return document(
    'Dossier',
    `<header><h1>Dossier</h1><p>Reports into your own storage, whole and provable. All of this runs on this computer alone, and goes away when it stops.</p></header>
<main>
<section id="running" data-live="running">${runningPart(board)}</section>
${firstInN8n(board)}${firstInVscode(board)}${arrivedPart(board)}${linkedPart(board)}${proofPart(board)}${examplesPart(board)}
<section><h2>To stop</h2><p>Press <kbd>Ctrl</kbd>+<kbd>C</kbd> where you typed <code>npm start</code>. Nothing is left running; what n8n and VS Code kept is removed.</p></section>
</main><script>${script}</script>`,
  );
}

/** What runs, with its memory. */
export function runningPart({ doing, running, failures }: Board, memoryOf = residentMegabytes): string {
  const rows = running.map((it) => runningRow(it, memoryOf(it.pid))).join('');
  const now = doing === undefined ? '' : `<p class="doing" role="status">${escaped(doing)} …</p>`;
  const wrong = failures.map((why) => `<p class="failure" role="alert">${escaped(why)}</p>`).join('');
  return `<h2>What is running</h2>${now}${wrong}<div class="cards">${rows}</div>`;
}

function runningRow({ name, open, facts }: Running, megabytes: number | undefined): string {
  const title = open === undefined ? escaped(name) : `<a href="${escaped(open)}" target="_blank">${escaped(name)}</a>`;
  const told = facts
    .map(([what, value]) => `<dt>${escaped(what)}</dt><dd><code>${escaped(value)}</code></dd>`)
    .join('');
  const memory = megabytes === undefined ? '' : `<span class="memory">${megabytes} MB</span>`;
  return `<article><h3>${title} ${memory}</h3><dl>${told}</dl></article>`;
}

function residentMegabytes(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    // It has ended, or the system tells nothing of processes.
    return undefined;
  }
}

function firstInN8n({ firstReport, signIn }: Board): string {
  if (!firstReport) return '';
  const open = signIn === undefined ? '' : `<a class="button" href="/n8n" target="_blank">Open n8n, signed in</a>`;
  return `<section><h2>Your first report, by n8n</h2>
<p>This form goes to the workflow <i>Submit a report that comes by webhook</i>, which delivers it to the emulated Dropbox.</p>
<form id="report" method="post" action="/report" enctype="multipart/form-data">
<label>Title <input name="title" required value="Water at the mill"></label>
<label>Description <textarea name="description" rows="2">It has reached the second step.</textarea></label>
<label>Files <input name="files" type="file" multiple></label>
<p><button>Submit</button> ${open}</p></form><div id="answer" role="status"></div></section>`;
}

function firstInVscode({ vscode }: Board): string {
  if (!vscode) return '';
  return `<section><h2>Your first report, in VS Code</h2><ol>
<li><a class="button" href="${escaped(vscode.url)}" target="_blank">Open VS Code</a> and choose <b>Dossier</b> in the activity bar.</li>
<li><b>Add Connection</b>, <b>Folder on this computer</b>, and enter <code>${escaped(vscode.deliveries)}</code>.</li>
<li><b>New Report</b>: write, and attach ${vscode.attach.map((name) => `<code>${escaped(name)}</code>`).join(' and ')}.</li>
<li><b>Submit</b>. What arrives is shown below.</li></ol></section>`;
}

function arrivedPart({ folders }: Board): string {
  if (folders.size === 0) return '';
  const cards = [...folders].map(
    ([key, { name, about }]) =>
      `<article><h3><a href="/files/${encodeURIComponent(key)}/" target="_blank">${escaped(name)}</a></h3><p>${escaped(about)}</p></article>`,
  );
  return `<section><h2>What arrived</h2><div class="cards">${cards.join('')}</div></section>`;
}

function linkedPart({ linked }: Board): string {
  if (!linked) return '';
  return `<section><h2>A linked folder</h2>
<p>n8n records what happens in <code>/Evidence</code> of the emulated Dropbox. Nothing is downloaded for it.</p>
<button id="change" type="button">Let somebody change a file</button>
<div data-live="changes"><p>Nothing has changed yet.</p></div></section>`;
}

/** What n8n has recorded of the linked folder. */
export async function changesPart({ linked }: Board): Promise<string> {
  const changes = (await linked?.changes()) ?? [];
  if (changes.length === 0) return '<p>Nothing has changed yet.</p>';
  const rows = changes
    .slice(0, 8)
    .map(
      ({ event, path, version, statement }) =>
        `<tr><td>${escaped(event)}</td><td>${escaped(path)}</td><td>${version}</td><td>${statement}</td></tr>`,
    );
  return `<table><thead><tr><th>event</th><th>file</th><th>version</th><th>place in the ledger</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function proofPart({ proofs }: Board): string {
  if (!proofs) return '';
  const save = (name: string) => `<a href="/proofs/${encodeURIComponent(name)}" download>${escaped(name)}</a>`;
  return `<section><h2>A receipt to verify, and one that was tampered with</h2>
<p>Save the files, then <a class="button" href="/published/verify.html#key=${proofs.fingerprint}" target="_blank">open the page that answers strangers</a> and choose one of them. It asks no server but this one, and sends the file nowhere.</p>
<ul><li>genuine: ${proofs.genuine.map(save).join(', ')}</li><li>one byte was changed: ${proofs.tampered.map(save).join(', ')}</li></ul>
<p>In VS Code: <b>Dossier: Trust Somebody’s Key…</b> with the folder <code>${escaped(proofs.folder)}</code> and the fingerprint <code>${proofs.fingerprint}</code>, then <b>Dossier: Verify File…</b> on a file in it.</p></section>`;
}

function examplesPart({ examples }: Board): string {
  if (examples.length === 0) return '';
  const cards = examples.map(
    ({ id, name, about }) =>
      `<article><h3><a href="/n8n?to=${encodeURIComponent(`/workflow/${id}`)}" target="_blank">${escaped(name)}</a></h3><p>${escaped(about)}</p></article>`,
  );
  return `<section><h2>Example workflows</h2><p>They are in this n8n already, with credentials for the emulators; to begin one of your own from one of them, <a href="/n8n?to=${encodeURIComponent('/templates/')}" target="_blank">choose a template</a>.</p><div class="cards">${cards.join('')}</div></section>`;
}
