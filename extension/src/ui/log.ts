import type { LogOutputChannel } from 'vscode';
import { type Log, redact } from '../../../shared/index.ts';

/** The output channel as the core's log. Secrets are taken out here, whatever the caller did. */
export function createLog(channel: LogOutputChannel): Log {
  return {
    write(level, message, values) {
      const text = values === undefined ? message : `${message} ${JSON.stringify(values)}`;
      channel[level](redact(text));
    },
  };
}
