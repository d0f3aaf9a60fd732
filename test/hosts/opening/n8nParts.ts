import type { N8n, N8nWorkflow } from '../n8n/n8n.ts';
import type { Board, Example } from './board.ts';

/** Signs in as the owner, as the login page of n8n does. */
export function signInTo(n8n: N8n): NonNullable<Board['signIn']> {
  return async () => {
    const response = await fetch(`${n8n.url}/rest/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ emailOrLdapLoginId: n8n.ownerEmail, password: n8n.ownerPassword }),
    });
    if (!response.ok) throw new Error(`n8n did not sign its owner in: ${response.status}`);
    return { cookies: response.headers.getSetCookie(), url: n8n.url };
  };
}

/** The workflows with the first paragraph of their first note. */
export function examplesOf(workflows: readonly N8nWorkflow[]): Example[] {
  return workflows.map(({ id, name, nodes }) => {
    const notes = nodes as readonly { readonly type: string; readonly parameters: { readonly content?: string } }[];
    const note = notes.find(({ type }) => type === 'n8n-nodes-base.stickyNote')?.parameters.content ?? '';
    const about = note.replace(/^#.*\n+/, '').split('\n')[0] ?? '';
    return { id, name, about: about.replaceAll(/[*`]/g, '') };
  });
}
