import * as vscode from 'vscode';
import type { Clock, Drive, EntryRef, HashPolicy, Link, Privacy, planLinks } from '../../../shared/index.ts';
import type { LinkWay } from '../model/links/linkedFolders.ts';
import { type Survey, surveyFolders } from '../model/links/survey.ts';
import { withProgress } from '../ui/progress.ts';
import { type Answer, ask, askChoice, type Step } from '../ui/steps.ts';

export type LinkPlan = ReturnType<typeof planLinks>;

/** What links begin with: no download where the service hashes, and public. */
export const usualWay: LinkWay = { hashPolicy: 'provider', privacy: 'public' };

/** How links are to be recorded; `current` is how they are. Undefined when the person left. */
export async function askWay(drive: Drive, title: string, current: LinkWay = usualWay): Promise<LinkWay | undefined> {
  const hashes = drive.capabilities.listedDigest !== undefined;
  const { privacy, hashPolicy } = current;
  return ask<LinkWay>(title, { privacy, hashPolicy: hashes ? hashPolicy : 'download' }, [
    ...(hashes ? [hashStep] : []),
    privacyStep,
  ]);
}

const hashStep: Step<LinkWay> = async (way, position) => {
  const answer = await askChoice<HashPolicy>(
    position,
    vscode.l10n.t('Where do the hashes of the files come from?'),
    [
      {
        value: 'provider',
        label: vscode.l10n.t('From the service'),
        description: vscode.l10n.t('nothing is downloaded'),
      },
      {
        value: 'providerThenDownload',
        label: vscode.l10n.t('From the service, then computed here'),
        description: vscode.l10n.t('recorded at once, read once in the background'),
      },
      {
        value: 'download',
        label: vscode.l10n.t('Computed here'),
        description: vscode.l10n.t('every file is read once and not kept'),
      },
    ],
    way.hashPolicy,
  );
  return typeof answer === 'string' ? { ...way, hashPolicy: answer } : (answer as Answer<LinkWay>);
};

const privacyStep: Step<LinkWay> = async (way, position) => {
  const answer = await askChoice<Privacy>(
    position,
    vscode.l10n.t('Who can verify what is recorded?'),
    [
      {
        value: 'public',
        label: vscode.l10n.t('Public'),
        description: vscode.l10n.t('whoever has a file can verify it; names and paths stay hidden'),
      },
      {
        value: 'private',
        label: vscode.l10n.t('Private'),
        description: vscode.l10n.t('only you, and whom you give a receipt'),
      },
    ],
    way.privacy,
  );
  return typeof answer === 'string' ? { ...way, privacy: answer } : (answer as Answer<LinkWay>);
};

/** Shows what is going to happen, and gives the way in which; undefined when the person left. */
export async function confirmPlan(
  drive: Drive,
  clock: Clock,
  plan: LinkPlan,
  way: LinkWay,
): Promise<LinkWay | undefined> {
  const survey = plan.link.length > 0 ? await countFiles(drive, clock, plan.link) : undefined;
  return confirm(questionOf(plan), previewOf(plan, way, survey), way, survey);
}

/** The same for a folder that is linked already, and is to be recorded in another way. */
export async function confirmWay(
  drive: Drive,
  clock: Clock,
  { folder, privacy }: Link,
  title: string,
  way: LinkWay,
): Promise<LinkWay | undefined> {
  const isOpened = way.privacy === 'public' && privacy === 'private';
  const survey = isOpened ? await countFiles(drive, clock, [folder]) : undefined;
  const lines = [
    wayWords(way),
    '',
    ...guessLines(way, survey),
    ...(way.privacy === privacy ? [] : [pastWords[way.privacy]]),
  ];
  return confirm(vscode.l10n.t('Record "{0}" in this way?', title), lines, way, survey);
}

async function confirm(
  question: string,
  lines: readonly string[],
  way: LinkWay,
  survey: Survey | undefined,
): Promise<LinkWay | undefined> {
  const isRisky = guessLines(way, survey).length > 0;
  const apply = isRisky ? vscode.l10n.t('Link Publicly Anyway') : vscode.l10n.t('Apply');
  const hide = vscode.l10n.t('Link Privately');
  const show = isRisky ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  const answer = await show(
    question,
    { modal: true, detail: lines.join('\n').trim() },
    ...(isRisky ? [hide, apply] : [apply]),
  );
  if (answer === hide) return { ...way, privacy: 'private' };
  return answer === apply ? way : undefined;
}

function questionOf({ link, unlink }: LinkPlan): string {
  if (link.length > 0 && unlink.length > 0) return vscode.l10n.t('Change which folders are linked?');
  const paths = link.length > 0 ? link.map(({ path }) => path) : unlink.map(({ folder }) => folder.path);
  if (link.length > 0)
    return paths.length === 1
      ? vscode.l10n.t('Link "{0}"?', paths[0]!)
      : vscode.l10n.t('Link {0} folders?', paths.length);
  return paths.length === 1
    ? vscode.l10n.t('Unlink "{0}"?', paths[0]!)
    : vscode.l10n.t('Unlink {0} folders?', paths.length);
}

const countFiles = (drive: Drive, clock: Clock, folders: readonly EntryRef[]): Promise<Survey> =>
  withProgress(vscode.l10n.t('Counting files'), (signal, tell) =>
    surveyFolders(drive, folders, clock, signal, (files) => tell(vscode.l10n.t('{0} files', files))),
  );

function previewOf({ link, unlink }: LinkPlan, way: LinkWay, survey: Survey | undefined): string[] {
  const lines: string[] = [];
  if (survey) {
    lines.push(
      vscode.l10n.t('Linked with all subfolders, {0} files now:', survey.files),
      ...link.map(({ path }) => `• ${path}`),
      ...(survey.unreadable !== undefined
        ? [vscode.l10n.t('{0} more could not be read and are not counted', survey.unreadable)]
        : []),
      '',
      wayWords(way),
      '',
      ...guessLines(way, survey),
    );
  }
  if (unlink.length > 0) {
    lines.push(vscode.l10n.t('Not linked any more:'), ...unlink.map(({ folder }: Link) => `• ${folder.path}`), '');
    lines.push(
      vscode.l10n.t(
        'What was recorded stays. Changes from now on are not recorded; should you link it again, it is recorded that there was a gap, and what changed in it.',
      ),
    );
  }
  return lines;
}

/** A warning of what a public hash gives away; none where nothing is shown or nothing can be guessed. */
function guessLines({ privacy }: LinkWay, survey: Survey | undefined): string[] {
  if (privacy !== 'public' || !survey) return [];
  const { short, repeated, series } = survey.guessable;
  const guessed = [
    ...(short > 0 ? [vscode.l10n.t('• {0} that are shorter than a page', short)] : []),
    ...(repeated > 0 ? [vscode.l10n.t('• {0} small ones of the same content, such as an empty form', repeated)] : []),
    ...(series > 0
      ? [vscode.l10n.t('• {0} small ones that are numbered and alike, such as forms that were filled in', series)]
      : []),
  ];
  return guessed.length === 0
    ? []
    : [
        vscode.l10n.t(
          'Whoever sees the hash of a content that can be guessed finds it by trying, although the file itself is never shown. Among these files are:',
        ),
        ...guessed,
        '',
      ];
}

const hashWords: Readonly<Record<HashPolicy, string>> = {
  provider: vscode.l10n.t('The service gives the hashes: nothing is downloaded.'),
  providerThenDownload: vscode.l10n.t(
    'The service gives the hashes; in the background every file is read once to compute its hash as well, and not kept.',
  ),
  download: vscode.l10n.t('Every file is read once to compute its hash, and not kept.'),
};

/** What a change of privacy means for what is recorded already. */
const pastWords: Readonly<Record<Privacy, string>> = {
  public: vscode.l10n.t(
    'This holds for what is recorded already as well: it is shown when the ledger is published next.',
  ),
  private: vscode.l10n.t('This holds for what is recorded already as well. What was published cannot be taken back.'),
};

function wayWords({ hashPolicy, privacy }: LinkWay): string {
  const seen =
    privacy === 'public'
      ? vscode.l10n.t('Whoever has one of these files can verify it. Names and paths stay hidden.')
      : vscode.l10n.t('Only you, and whom you give a receipt, can verify these files.');
  return `${hashWords[hashPolicy]} ${seen}`;
}
