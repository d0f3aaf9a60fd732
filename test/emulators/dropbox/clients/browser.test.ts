import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureChromium } from '../../../hosts/chromium.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../index.ts';

let browser: Browser;
let emulator: DropboxEmulator;
const client = createServer((request, response) => void response.end(`back at ${request.url}`));
let redirect = '';

beforeAll(async () => {
  client.listen(0, '127.0.0.1');
  await once(client, 'listening');
  redirect = `http://127.0.0.1:${(client.address() as AddressInfo).port}/callback`;
  emulator = await startDropboxEmulator({
    app: { redirectUris: [redirect] },
    accounts: [
      { name: 'Ada Lovelace', email: 'ada@example.com', kind: 'basic' },
      { name: 'Mary Somerville', email: 'mary@example.com', kind: 'pro' },
    ],
  });
  browser = await chromium.launch({
    executablePath: await ensureChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}, 300_000);
afterAll(async () => {
  await browser.close();
  await emulator.close();
  client.close();
});

const address = (extra: Record<string, string>): string =>
  `${emulator.url}/oauth2/authorize?${new URLSearchParams({ client_id: emulator.appKey, response_type: 'code', ...extra })}`;

async function exchange(fields: Record<string, string>): Promise<{ account_id?: string }> {
  const form = {
    grant_type: 'authorization_code',
    client_id: emulator.appKey,
    client_secret: emulator.appSecret,
    ...fields,
  };
  const reply = await fetch(`${emulator.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
  return (await reply.json()) as { account_id?: string };
}

describe('a person in front of a browser', () => {
  it('chooses an account, allows, and is led back', async () => {
    const page = await browser.newPage();
    await page.goto(address({ redirect_uri: redirect, state: 'xyz' }));
    await page.getByLabel('Mary Somerville').check();
    await page.click('#allow');
    await page.waitForURL(`${redirect}**`);
    const { searchParams } = new URL(page.url());
    expect(searchParams.get('state')).toBe('xyz');
    const granted = await exchange({ code: searchParams.get('code') ?? '', redirect_uri: redirect });
    expect(granted.account_id).toBe(emulator.accounts[1]?.id);
    await page.close();
  });

  it('reads the code off the page, or why there is none', async () => {
    const page = await browser.newPage();
    await page.goto(address({}));
    await page.click('#allow');
    const granted = await exchange({ code: (await page.textContent('#code')) ?? '' });
    expect(granted.account_id).toBe(emulator.accountId);
    await page.goto(address({ redirect_uri: `${redirect}/` }));
    expect(await page.textContent('#problem')).toContain(`Invalid redirect_uri: "${redirect}/"`);
    await page.close();
  });
});
