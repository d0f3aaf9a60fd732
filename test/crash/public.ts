import { runPublicCampaign } from './publicCampaign.ts';

/**
 * `npm run test:public -- [--json] [--drives dropbox,nextcloud,webdav] [--files 10000] [--questions 1000]`: strangers in
 * a real browser ask published ledgers.
 */
const flags = process.argv.slice(2);
const valueOf = (name: string, usual: string) =>
  flags.includes(name) ? (flags[flags.indexOf(name) + 1] ?? '') : usual;
const result = await runPublicCampaign({
  drives: valueOf('--drives', 'dropbox,nextcloud,webdav').split(',') as ('dropbox' | 'nextcloud' | 'webdav')[],
  files: Number(valueOf('--files', '10000')),
  reports: 50,
  questions: Number(valueOf('--questions', '1000')),
});
if (!flags.includes('--json')) for (const line of result.details) console.log(line);
console.log(JSON.stringify({ ...result, details: flags.includes('--json') ? undefined : result.details.length }));
process.exitCode = result.wrong === 0 && result.names_leaked === 0 && result.requests_per_question <= 8 ? 0 : 1;
