import type { Account } from './accounts.ts';
import type { AppOptions } from './options.ts';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body{font:16px sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1.5rem}
code{font-size:1.1rem;overflow-wrap:anywhere}</style></head><body><h1>${escaped(title)}</h1>${content}</body></html>`;

interface Question {
  readonly app: AppOptions;
  readonly accounts: readonly Account[];
  readonly asked: URLSearchParams;
  readonly scopes: readonly string[];
}

/** Asks whether the app may have what it wants. The form carries the request along, to be checked once more. */
export function authorizePage({ app, accounts, asked, scopes }: Question): string {
  const carried = [...asked]
    .map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`)
    .join('');
  const choices = accounts
    .map(({ id, name, email }, index) => {
      const checked = index === 0 ? ' checked' : '';
      const input = `<input type="radio" name="account" value="${escaped(id)}"${checked}>`;
      return `<p><label>${input} ${escaped(`${name} (${email})`)}</label></p>`;
    })
    .join('');
  const reach = app.access === 'appFolder' ? `its own folder Apps/${app.name}` : 'all files and folders';
  return page(
    `${app.name} would like access`,
    `<p>To ${escaped(reach)} in this emulated Dropbox.</p>
<ul>${scopes.map((scope) => `<li>${escaped(scope)}</li>`).join('')}</ul>
<form method="post" action="/oauth2/authorize">${carried}${choices}
<button type="submit" name="decision" value="allow" id="allow">Allow</button>
<button type="submit" name="decision" value="deny" id="deny">Cancel</button></form>`,
  );
}

/** Shown where there is no address to go back to: the person carries the code to the app. */
export const codePage = (app: AppOptions, code: string): string =>
  page(
    'Almost done',
    `<p>Enter this code into ${escaped(app.name)} to finish:</p><p><code id="code">${escaped(code)}</code></p>`,
  );

export const problemPage = (problem: string): string =>
  page('Error (400)', `<p>The app sent a bad request.</p><p id="problem">${escaped(problem)}</p>`);
