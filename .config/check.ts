import { type Guard, guards } from './guards.ts';

/**
 * `npm run check`: every guard over the tree. `-- --self-test`: every guard over the violation planted for it, which it
 * must find.
 */
const selfTest = process.argv.includes('--self-test');

async function run(guard: Guard): Promise<boolean> {
  const started = Date.now();
  const findings = await (selfTest ? guard.planted() : guard.tree());
  const missed = selfTest
    ? guard.mustFind.filter((needle) => !findings.some((finding) => finding.includes(needle)))
    : [];
  const passed = selfTest ? missed.length === 0 : findings.length === 0;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(
    `${passed ? 'ok  ' : 'FAIL'} ${guard.name} (${seconds} s)${selfTest ? `: ${findings.length} planted findings` : ''}`,
  );
  if (!passed)
    for (const line of selfTest ? missed.map((needle) => `did not fire: ${needle}`) : findings)
      console.log(`     ${line}`);
  return passed;
}

let failed = 0;
for (const guard of guards) if (!(await run(guard))) failed++;
console.log(`${guards.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
