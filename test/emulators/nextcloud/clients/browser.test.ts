import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureChromium } from '../../../hosts/chromium.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../index.ts';

let server: NextcloudEmulator;
let browser: Browser;
beforeAll(async () => {
  server = await startNextcloudEmulator({ subPath: '/cloud' });
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  browser = await chromium.launch({ executablePath: await ensureChromium(), args });
}, 600_000);
afterAll(async () => {
  await browser.close();
  await server.close();
});

it('lets a person grant access in a browser, as Login Flow v2 wants it', async () => {
  const asked = await fetch(`${server.url}/index.php/login/v2`, {
    method: 'POST',
    headers: { 'user-agent': 'Reports on a desk' },
  });
  const { poll, login } = (await asked.json()) as { poll: { token: string; endpoint: string }; login: string };
  const collect = () => fetch(poll.endpoint, { method: 'POST', body: new URLSearchParams({ token: poll.token }) });

  const page = await browser.newPage();
  await page.goto(login);
  expect(await page.getByText('Reports on a desk').isVisible()).toBe(true);
  await page.getByLabel('Account name or email').fill(server.user);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  expect(await page.getByRole('alert').textContent()).toBe('Wrong login or password.');
  await page.getByLabel('Account name or email').fill(server.user);
  await page.getByLabel('Password').fill(server.loginPassword);
  await page.getByRole('button', { name: 'Log in' }).click();
  expect((await collect()).status).toBe(404);
  await page.getByRole('button', { name: 'Grant access' }).click();
  await page.getByText('Your client should now be connected').waitFor();

  const granted = (await (await collect()).json()) as { server: string; loginName: string; appPassword: string };
  expect(granted).toMatchObject({ server: server.url, loginName: server.user });
  const authorization = `Basic ${Buffer.from(`${granted.loginName}:${granted.appPassword}`).toString('base64')}`;
  expect((await fetch(server.filesUrl, { method: 'PROPFIND', headers: { authorization, depth: '0' } })).status).toBe(
    207,
  );
});
