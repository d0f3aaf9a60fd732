/** The pages a person sees while connecting an app. */
import { escapeXml } from './xml/write.ts';

const page = (title: string, body: string): string => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${title} – Nextcloud</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 sans-serif; background: #00679e; display: grid; place-items: center; min-height: 100vh; margin: 0 }
main { background: #fff; border-radius: 12px; padding: 2rem; max-width: 24rem }
label { display: block; margin: .75rem 0 } input { width: 100%; font: inherit; box-sizing: border-box }
button { font: inherit; padding: .5rem 1.25rem; border: 0; border-radius: 20px; background: #00679e; color: #fff }
[role=alert] { color: #b00020 }
</style></head>
<body><main>
<h1>${title}</h1>
${body}
</main></body>
</html>
`;

export function loginPage(action: string, clientName: string, problem?: string): string {
  return page(
    'Connect to your account',
    `<p>Please log in before granting <strong>${escapeXml(clientName)}</strong> access to your Nextcloud account.</p>
${problem === undefined ? '' : `<p role="alert">${escapeXml(problem)}</p>`}
<form method="post" action="${action}">
<label>Account name or email <input name="user" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button type="submit" id="login">Log in</button>
</form>`,
  );
}

export function grantPage(action: string, clientName: string, displayName: string): string {
  return page(
    'Account access',
    `<p>You are about to grant <strong>${escapeXml(clientName)}</strong> access to the Nextcloud account of ${escapeXml(displayName)}.</p>
<form method="post" action="${action}"><button type="submit" id="grant" name="grant" value="1">Grant access</button></form>`,
  );
}

export function donePage(): string {
  return page('Account connected', '<p>Your client should now be connected! You can close this window.</p>');
}

export function invalidPage(): string {
  return page('Access forbidden', '<p>Your login token is invalid or has expired</p>');
}
