import { progress } from '../../.config/installing/step.mjs';

/** Something to start, with the lines that tell where to look. */
export interface Startable {
  readonly name: string;
  start(): Promise<readonly string[]>;
}

export interface Started {
  readonly lines: readonly string[];
  /** What did not start, and why. */
  readonly failures: readonly string[];
}

/**
 * Starts one after the other; where one fails, the others start all the same.
 *
 * @throws Error with all reasons where none could be started.
 */
export async function startEach(startables: readonly Startable[]): Promise<Started> {
  const lines: string[] = [];
  const failures: string[] = [];
  for (const { name, start } of startables) {
    try {
      lines.push(...(await start()));
    } catch (error) {
      failures.push(`${name} did not start. ${messageOf(error)}`);
      progress(`${name} did not start; the reason is said at the end.`);
    }
  }
  if (lines.length === 0) throw new Error(failures.join('\n'));
  return { lines, failures };
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
