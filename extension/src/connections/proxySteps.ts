import * as vscode from 'vscode';
import type { ProxySettings, ProxyType } from '../../../shared/index.ts';
import { refuseEmpty } from '../kinds/connectionEntry.ts';
import { ask, askChoice, askText, type Choice, type Step } from '../ui/steps.ts';

/** The way to the network as it is being entered. */
export interface ProxyEntry {
  readonly proxy: ProxySettings;
  readonly password?: string;
}

const labels: Readonly<Record<ProxyType, string>> = {
  system: vscode.l10n.t('As the editor is set'),
  none: vscode.l10n.t('No proxy'),
  http: 'HTTP',
  https: 'HTTPS',
  socks5: 'SOCKS5',
};

const usualPorts: Readonly<Partial<Record<ProxyType, number>>> = { http: 3128, https: 443, socks5: 1080 };

/** What stands in the menu: never the password. */
export function proxyText({ type, address, port }: ProxySettings): string {
  return address === undefined ? labels[type] : `${labels[type]} ${address}:${port}`;
}

/** Asks for the proxy of a connection; undefined when the person left. */
export function askProxy(title: string, initial: ProxyEntry): Promise<ProxyEntry | undefined> {
  return ask(title, initial, [typeStep, addressStep, userStep, passwordStep]);
}

const typeStep: Step<ProxyEntry> = async (entry, position) => {
  const choices = (Object.keys(labels) as ProxyType[]).map(
    (value): Choice<ProxyType> => ({ value, label: labels[value] }),
  );
  const type = await askChoice(position, vscode.l10n.t('How does this connection reach the network?'), choices);
  if (typeof type !== 'string') return type;
  return isNamed({ type }) ? { ...entry, proxy: { ...entry.proxy, type } } : { proxy: { type } };
};

const addressStep: Step<ProxyEntry> = async (entry, position) => {
  const { proxy } = entry;
  if (!isNamed(proxy)) return entry;
  const value = proxy.address === undefined ? '' : `${proxy.address}:${proxy.port}`;
  const answer = await askText(position, {
    prompt: vscode.l10n.t('Address and port of the proxy'),
    value,
    placeholder: `proxy.example.org:${usualPorts[proxy.type]}`,
    refuse: refuseHostAndPort,
  });
  if (typeof answer !== 'string') return answer;
  const { address, port } = hostAndPort(answer)!;
  return { ...entry, proxy: { ...proxy, address, port } };
};

const userStep: Step<ProxyEntry> = async (entry, position) => {
  const { user: _user, domain: _domain, ...proxy } = entry.proxy;
  if (!isNamed(proxy)) return entry;
  const { user = '', domain } = entry.proxy;
  const answer = await askText(position, {
    prompt: vscode.l10n.t('User name at the proxy, or domain\\user. Empty: it asks for none.'),
    value: domain === undefined ? user : `${domain}\\${user}`,
  });
  if (typeof answer !== 'string') return answer;
  const named = /^(?:([^\\]+)\\)?(.*)$/s.exec(answer.trim()) ?? [];
  return {
    ...entry,
    proxy: { ...proxy, ...(named[1] ? { domain: named[1] } : {}), ...(named[2] ? { user: named[2] } : {}) },
  };
};

const passwordStep: Step<ProxyEntry> = async (entry, position) => {
  if (entry.proxy.user === undefined) return { proxy: entry.proxy };
  const answer = await askText(position, {
    prompt: vscode.l10n.t('Password at the proxy'),
    secret: true,
    value: entry.password ?? '',
    refuse: refuseEmpty(vscode.l10n.t('A password is needed')),
  });
  return typeof answer === 'string' ? { ...entry, password: answer } : answer;
};

function isNamed({ type }: Pick<ProxySettings, 'type'>): boolean {
  return type !== 'system' && type !== 'none';
}

function hostAndPort(text: string): { readonly address: string; readonly port: number } | undefined {
  const [, address, port] = /^\[?([^\s/@\]]+)\]?:(\d{1,5})$/.exec(text.trim()) ?? [];
  return address === undefined || Number(port) < 1 || Number(port) > 65_535
    ? undefined
    : { address, port: Number(port) };
}

function refuseHostAndPort(text: string): string | undefined {
  return hostAndPort(text)
    ? undefined
    : vscode.l10n.t('An address and a port are needed, for example proxy.example.org:3128');
}
