/**
 * Delivered reports with difficult names on every kind of place, judged by other people's programs, and single changes
 * that must be found: `npm run test:evidence -- --json [--reports N] [--changes N]`.
 */
import { runEvidence } from './evidenceRun.ts';

const flags = process.argv.slice(2);
const number = (name: string, usual: number): number =>
  flags.includes(name) ? Number(flags[flags.indexOf(name) + 1]) : usual;

const summary = await runEvidence(number('--reports', 100), number('--changes', 1000), (line) =>
  process.stderr.write(`${line}\n`),
);
const text = Object.entries(summary)
  .map(([key, value]) => `${key.replaceAll('_', ' ')}: ${value}`)
  .join(', ');
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(summary)}\n` : `${text}\n`);
const { reports, accepted_by_all, changes_missed, leaked_canaries, network_calls_in_preview } = summary;
process.exitCode =
  accepted_by_all < reports || changes_missed > 0 || leaked_canaries + network_calls_in_preview > 0 ? 1 : 0;
