/** 500 forged notices, and 1000 repeated ones at three receivers. `npm run test:webhook -- --json` */
import { runWebhooks } from './webhookRun.ts';

const figures = await runWebhooks({ seed: 1, forgeries: 500, notices: 1000, files: 50 });
process.stdout.write(
  process.argv.includes('--json')
    ? `${JSON.stringify(figures)}\n`
    : `${Object.entries(figures)
        .map(([key, value]) => `${key.replace('_', ' ')}: ${value}`)
        .join(', ')}\n`,
);
process.exitCode = Object.values(figures).every((figure) => figure === 0) ? 0 : 1;
