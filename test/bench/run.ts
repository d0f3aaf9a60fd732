/** `npm run bench -- NAME --json` runs `test/bench/NAME.ts`; ends with an error when a floor is missed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, missedFloors } from './bench.ts';

const helpers = ['run', 'bench'];
const names = readdirSync(import.meta.dirname)
  .flatMap((file) => (/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(file) ? [file.slice(0, -3)] : []))
  .filter((name) => !helpers.includes(name));
const [name = '', ...flags] = process.argv.slice(2);
if (!names.includes(name)) {
  process.stderr.write(`Usage: npm run bench -- ${names.join('|')} [--json]\n`);
  process.exit(2);
}
const { bench } = (await import(join(import.meta.dirname, `${name}.ts`))) as { bench: Bench };
const figures = await bench.measure((line) => process.stderr.write(`${line}\n`));
process.stdout.write(
  flags.includes('--json')
    ? `${JSON.stringify(figures)}\n`
    : `${Object.entries(figures)
        .map(([key, value]) => `${key}: ${value}`)
        .join('\n')}\n`,
);
for (const missed of missedFloors(bench, figures)) {
  process.stderr.write(`${missed}\n`);
  process.exitCode = 1;
}
