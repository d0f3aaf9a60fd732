import type { DropboxEmulator } from '../../emulators/dropbox/index.ts';
import { otherClient } from '../../n8n/otherClient.ts';
import { example } from '../../n8n/workflows.ts';
import type { N8n } from '../n8n/n8n.ts';
import type { Change, LinkedFolder } from './board.ts';

const linking = example('linkFolder.json');
const watching = example('dropboxChanges.json');
const folder = '/Evidence';

/** Links a folder of the emulated Dropbox in n8n, and lets somebody else work in it. */
export async function linkEvidence(n8n: N8n, dropbox: DropboxEmulator): Promise<LinkedFolder> {
  const other = otherClient(dropbox);
  for (const name of ['gate', 'bridge']) await other.write(`${folder}/${name}.txt`, `${name}, as it was at first`);
  await n8n.activate(linking.id);
  const linked = await n8n.webhook('link-folder', {
    body: JSON.stringify({ folder }),
    headers: { 'content-type': 'application/json' },
  });
  if (!linked.ok) throw new Error(`n8n did not link the folder: ${(await linked.text()).slice(0, 500)}`);
  await n8n.activate(watching.id);
  await dropbox.webhooks.register(`${n8n.url}/webhook/${watching.nodes[0]!.webhookId}/webhook`);
  let count = 0;
  const acts: readonly (() => Promise<void>)[] = [
    () => other.write(`${folder}/gate.txt`, `The gate, look ${count}`),
    () => other.write(`${folder}/note ${count}.txt`, `Note ${count}`),
    () => other.move(`${folder}/note ${count - 1}.txt`, `${folder}/Seen/note ${count - 1}.txt`),
    () => other.remove(`${folder}/Seen/note ${count - 2}.txt`),
  ];
  return {
    change: () => acts[count++ % acts.length]!(),
    changes: () => recordedChanges(n8n),
  };
}

/** What left the trigger, newest first. */
async function recordedChanges(n8n: N8n): Promise<Change[]> {
  const runs = (await n8n.executions(watching.id)).filter(({ status }) => status === 'success').slice(0, 8);
  const all = await Promise.all(runs.map(({ id }) => n8n.execution(id)));
  return all.flatMap(({ data }) => {
    const { resultData } = data as {
      resultData: { runData: Record<string, { data: { main: ({ json: Change }[] | null)[] } }[]> };
    };
    const items = (resultData.runData[watching.nodes[0]!.name] ?? []).flatMap((run) => run.data.main.flat());
    return items.flatMap((item) => (item ? [item.json] : [])).reverse();
  });
}
