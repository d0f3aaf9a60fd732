import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseFaults } from './faults.ts';
import { startDropboxEmulator } from './index.ts';

/**
 * `dropbox [--port N] [--data DIR] [--tls] [--proxy-port N] [--faults FILE] [--latency MS] [--bandwidth BYTES/S]
 * [--line-bandwidth BYTES/S] [--redirect URI]...`
 */
export async function start(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      tls: { type: 'boolean' },
      'proxy-port': { type: 'string' },
      faults: { type: 'string' },
      latency: { type: 'string' },
      bandwidth: { type: 'string' },
      'line-bandwidth': { type: 'string' },
      redirect: { type: 'string', multiple: true },
    },
  });
  const emulator = await startDropboxEmulator({
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.tls ? { tls: true } : {}),
    ...(values['proxy-port'] === undefined ? {} : { proxyPort: Number(values['proxy-port']) }),
    ...(values.latency === undefined ? {} : { latencyMs: Number(values.latency) }),
    ...(values.bandwidth === undefined ? {} : { bandwidth: Number(values.bandwidth) }),
    ...(values['line-bandwidth'] === undefined ? {} : { lineBandwidth: Number(values['line-bandwidth']) }),
    ...(values.faults === undefined ? {} : { faults: parseFaults(await readFile(values.faults, 'utf8')) }),
    ...(values.redirect === undefined ? {} : { app: { redirectUris: values.redirect } }),
  });
  const { url, token, refreshToken, appKey, appSecret, accountId, data, caFile, proxy } = emulator;
  return {
    announcement: {
      url,
      token,
      refreshToken,
      appKey,
      appSecret,
      accountId,
      data,
      requests: `${url}/__emulator/requests`,
      ...(caFile === undefined ? {} : { caFile }),
      ...(proxy ? { proxy: proxy.url } : {}),
    },
    close: () => emulator.close(),
  };
}
