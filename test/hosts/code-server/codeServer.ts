import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { startHostProcess } from '../hostProcess.ts';
import { ensureHost } from '../install.ts';
import { hostEnvironment, node24 } from '../node24.ts';
import { installLanguage } from './language.ts';

const startMilliseconds = 60_000;

export interface CodeServerOptions {
  /** Packed extensions to install. */
  vsix: readonly string[];
  /** The folder that is opened. */
  folder: string;
  /** User settings beside the quiet ones below. */
  settings?: Record<string, unknown>;
  /** The display language, `en` unless said otherwise. */
  language?: string;
  port?: number;
  extraArgs?: readonly string[];
}

export interface CodeServer {
  /** Shows the folder. The host is `localhost`, because cookies and service workers want it so. */
  readonly url: string;
  readonly userDataDir: string;
  readonly pid: number;
  log(): string;
  stop(): Promise<void>;
}

/** A workbench that shows nothing but what it is asked for. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.experimentalOnboarding': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
};

/** Starts a real code-server on loopback, with the extensions, on user data that go away when it stops. */
export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  const entry = join(await ensureHost('code-server'), 'node_modules', 'code-server', 'out', 'node', 'entry.js');
  await using started = new AsyncDisposableStack();
  const userDataDir = await mkdtemp(join(tmpdir(), 'dossier-code-'));
  started.defer(() => rm(userDataDir, { recursive: true, force: true, maxRetries: 5 }));
  await mkdir(join(userDataDir, 'User'));
  await writeFile(
    join(userDataDir, 'User', 'settings.json'),
    JSON.stringify({ ...quietSettings, ...options.settings }),
  );

  const language = options.language ?? 'en';
  if (language !== 'en') await installLanguage(language, userDataDir);

  const env = hostEnvironment(userDataDir);
  const folders = [
    '--user-data-dir',
    userDataDir,
    '--extensions-dir',
    join(userDataDir, 'extensions'),
    '--config',
    join(userDataDir, 'config.yaml'),
  ];
  const installs = options.vsix.flatMap((file) => ['--install-extension', file]);
  if (installs.length > 0)
    await runCommand(node24, [entry, ...folders, '--force', ...installs], { env, cwd: userDataDir });

  const host = await startHostProcess({
    name: 'code-server',
    args: [
      entry,
      ...folders,
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${options.port ?? 0}`],
      ...[
        '--disable-telemetry',
        '--disable-update-check',
        '--disable-workspace-trust',
        '--disable-getting-started-override',
        '--ignore-last-opened',
      ],
      ...['--locale', language],
      ...(options.extraArgs ?? []),
    ],
    env,
    cwd: userDataDir,
    ready: /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)\//,
    startMilliseconds,
    secrets: [],
  });
  started.defer(() => host.stop());

  const running = started.move();
  return {
    url: `http://localhost:${host.announcement[1]}/?folder=${encodeURIComponent(options.folder)}`,
    userDataDir,
    pid: host.pid,
    log: host.log,
    stop: () => running.disposeAsync(),
  };
}
