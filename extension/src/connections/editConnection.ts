import * as vscode from 'vscode';
import { type Connection, isTextEncoding, parseConnection } from '../../../shared/index.ts';
import { refuseEmpty, refusePath } from '../kinds/connectionEntry.ts';
import type { Setting } from '../kinds/hostKind.ts';
import { hostKindOf } from '../kinds/index.ts';
import type { ConnectionStore } from '../model/connections/connectionStore.ts';
import type { Services } from '../services.ts';
import { askChoice, askText } from '../ui/steps.ts';
import { askProxy, proxyText } from './proxySteps.ts';

/** What of a connection of any kind can be changed after it was made. */
const settings: readonly Setting<Connection>[] = [
  {
    label: vscode.l10n.t('Name'),
    prompt: vscode.l10n.t('Name of the connection'),
    value: ({ name }) => name,
    refuse: refuseEmpty(vscode.l10n.t('A name is needed')),
    put: (connection, name) => ({ ...connection, name }),
  },
  {
    label: vscode.l10n.t('Group'),
    prompt: vscode.l10n.t('Connections with the same group are shown together. Empty: no group.'),
    value: ({ group }) => group,
    put: (connection, group) => ({ ...connection, group }),
  },
  {
    label: vscode.l10n.t('Folder'),
    prompt: vscode.l10n.t('Folder that receives all reports. It is made when it is missing.'),
    value: ({ folder }) => folder,
    refuse: refusePath,
    put: (connection, folder) => ({ ...connection, folder }),
  },
  {
    label: vscode.l10n.t('Time-out'),
    prompt: vscode.l10n.t('Seconds without an answer after which a request fails, from 1 to 3600'),
    value: ({ timeoutSeconds }) => String(timeoutSeconds),
    refuse: (text) =>
      /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 3600
        ? undefined
        : vscode.l10n.t('A number from 1 to 3600 is needed'),
    put: (connection, seconds) => ({ ...connection, timeoutSeconds: Number(seconds) }),
  },
  {
    label: vscode.l10n.t('Text encoding'),
    prompt: vscode.l10n.t('Text encoding (code page) of description files, for example utf-8 or windows-1252'),
    value: ({ encoding }) => encoding,
    refuse: (text) => (isTextEncoding(text) ? undefined : vscode.l10n.t('There is no text encoding of this name')),
    put: (connection, encoding) => ({ ...connection, encoding }),
  },
  {
    label: vscode.l10n.t('Send attached files without metadata'),
    prompt: '',
    value: ({ metadata }) => (metadata === 'remove' ? vscode.l10n.t('On') : vscode.l10n.t('Off')),
    flips: true,
    put: ({ metadata, ...connection }) => (metadata === 'remove' ? connection : { ...connection, metadata: 'remove' }),
  },
];

/** A menu of the connection's settings, again and again until the person leaves it. */
export async function editConnection({ connections }: Services, connection: Connection): Promise<void> {
  const title = vscode.l10n.t('Edit Connection');
  for (let current = connection; ; ) {
    const own = [...settings, ...(hostKindOf(current).settings ?? [])];
    const choices = own.map((value) => ({ value, label: value.label, description: value.value(current) }));
    const proxy = { value: 'proxy' as const, label: vscode.l10n.t('Proxy'), description: proxyText(current.proxy) };
    const setting = await askChoice<Setting<Connection> | 'proxy'>(
      { title: `${title}: ${current.name}`, step: 1, totalSteps: 1 },
      vscode.l10n.t('What do you want to change?'),
      [...choices, proxy],
    );
    if (setting === 'proxy') {
      current = await editProxy(connections, current);
      continue;
    }
    if (typeof setting !== 'object') return;
    const text = setting.flips
      ? ''
      : await askText(
          { title: `${title}: ${setting.label}`, step: 2, totalSteps: 2 },
          { ...setting, value: setting.value(current) },
        );
    if (text === undefined) return;
    if (typeof text !== 'string') continue;
    current = parseConnection(setting.put(current, text.trim()));
    await connections.save(current);
  }
}

async function editProxy(connections: ConnectionStore, connection: Connection): Promise<Connection> {
  const { proxyPassword, ...secrets } = await connections.secrets(connection.id);
  const known = { proxy: connection.proxy, ...(proxyPassword === undefined ? {} : { password: proxyPassword }) };
  const entered = await askProxy(vscode.l10n.t('Proxy'), known);
  if (!entered) return connection;
  const changed = parseConnection({ ...connection, proxy: entered.proxy });
  await connections.save(changed, {
    ...secrets,
    ...(entered.password === undefined ? {} : { proxyPassword: entered.password }),
  });
  return changed;
}
