/**
 * What the report editor's page and the extension say to each other. Both sides are compiled against this file alone.
 */

/**
 * Things a person can ask for on the page. Which of them are offered is decided by the report's lifecycle, on the
 * extension's side.
 */
export type PageAction =
  | 'save'
  | 'submit'
  | 'submitLater'
  | 'pause'
  | 'resume'
  | 'reopen'
  | 'delete'
  | 'openDestination'
  | 'mend'
  | 'sendNew'
  | 'sendKept'
  | 'addConnection';

/** Those that have a button at the top of the page. */
export type ButtonAction = Exclude<PageAction, 'mend' | 'sendNew' | 'sendKept' | 'addConnection'>;

export type TextField = 'title' | 'description' | 'connection';

export type AttachmentKind = 'photo' | 'video' | 'audio' | 'document';

export interface AttachmentView {
  readonly id: string;
  readonly name: string;
  readonly kind: AttachmentKind;
  /** Localized: size and media type. */
  readonly detail: string;
  /** Where its content is taken from: the original, or the copy in the vault. Absent where that is not to be chosen. */
  readonly kept?: 'original' | 'copy';
  /** From 0 to 1 while it is being sent. */
  readonly progress?: number;
  /** Localized: how far the upload is. */
  readonly progressText?: string;
  /** Localized: how its arrival was proved. */
  readonly proof?: string;
  /** SHA-256 of the proved content. */
  readonly digest?: string;
  /** Localized: what the file says of itself, but for the place. */
  readonly says?: string;
  /** Localized: of a file that came with another, what it is; shown behind that one. */
  readonly belongs?: string;
  /** Localized: what its content credentials are worth. */
  readonly credentials?: { readonly text: string; readonly isDoubtful: boolean };
  /** Localized: where it says that it was taken. */
  readonly place?: string;
  /** What is sent: the file as it is, or a copy without metadata. Absent where that is not to be chosen. */
  readonly metadata?: 'keep' | 'remove';
  /** Localized: what is wrong with it. */
  readonly problem?: string;
  /** What mends that, each with its localized label. */
  readonly mends?: readonly { readonly label: string; readonly type: AttachmentMend }[];
}

/** Takes the content as it is now, the one that was attached and is kept, or another file. */
export type AttachmentMend = 'renew' | 'useKept' | 'replace';

export interface NoticeView {
  readonly tone: 'info' | 'success' | 'warning';
  readonly text: string;
  /** What mends it, the usual way first. */
  readonly mends?: readonly { readonly label: string; readonly action: PageAction }[];
}

export interface ReportView {
  /** Number of the last edit from this page that is contained in the texts below. */
  readonly serial: number;
  readonly place: 'draft' | 'outbox' | 'submitted';
  /** Localized name of the state. */
  readonly state: string;
  /** Localized: when the draft was last saved. */
  readonly saved: string;
  readonly title: string;
  readonly description: string;
  /** The description as HTML, made from Markdown and not sanitised, where it cannot be edited. */
  readonly descriptionHtml?: string;
  /** Localized: what keeps the report from being saved or sent, by field. */
  readonly refused: Readonly<Partial<Record<TextField, string>>>;
  readonly connection: string;
  readonly connections: readonly { readonly id: string; readonly label: string }[];
  readonly attachments: readonly AttachmentView[];
  /** Localized: number and size of all attachments. */
  readonly attachmentsSummary: string;
  readonly actions: readonly PageAction[];
  readonly notice?: NoticeView;
  /** Localized; read out by screen readers when it changes. */
  readonly announcement: string;
}

/** Texts of the page that do not depend on the report. */
export interface PageStrings {
  readonly title: string;
  readonly titleHint: string;
  readonly description: string;
  readonly descriptionHint: string;
  readonly connection: string;
  readonly noConnection: string;
  readonly attachments: string;
  readonly attach: string;
  readonly dropHint: string;
  readonly noAttachments: string;
  readonly remove: string;
  readonly copy: string;
  readonly uncopy: string;
  readonly withoutMetadata: string;
  readonly open: string;
  readonly digest: string;
  readonly actions: Readonly<Record<ButtonAction, string>>;
}

export type ToPage = { readonly type: 'show'; readonly view: ReportView };

export type ToExtension =
  | { readonly type: 'ready' }
  | { readonly type: 'edit'; readonly field: TextField; readonly value: string; readonly serial: number }
  | { readonly type: 'attach' }
  | { readonly type: 'drop'; readonly uris: readonly string[] }
  | { readonly type: 'remove'; readonly attachment: string }
  | { readonly type: 'copy'; readonly attachment: string }
  | { readonly type: 'uncopy'; readonly attachment: string }
  | { readonly type: 'keepMetadata' | 'removeMetadata'; readonly attachment: string }
  | { readonly type: 'open'; readonly attachment: string }
  | { readonly type: AttachmentMend; readonly attachment: string }
  | { readonly type: 'ask'; readonly action: PageAction };

const actions: readonly string[] = [
  'save',
  'submit',
  'submitLater',
  'pause',
  'resume',
  'reopen',
  'delete',
  'openDestination',
  'mend',
  'sendNew',
  'sendKept',
  'addConnection',
] satisfies PageAction[];
const fields: readonly string[] = ['title', 'description', 'connection'] satisfies TextField[];

/**
 * A message from the page, or undefined when it is none: the page shows names and texts of other people and is not
 * trusted.
 */
export function parseToExtension(message: unknown): ToExtension | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, field, value, serial, uris, attachment, action } = message as Record<string, unknown>;
  switch (type) {
    case 'ready':
    case 'attach':
      return { type };
    case 'edit':
      if (!fields.includes(field as string) || typeof value !== 'string' || !Number.isSafeInteger(serial))
        return undefined;
      return { type, field: field as TextField, value, serial: serial as number };
    case 'drop':
      if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string')) return undefined;
      return { type, uris: uris as string[] };
    case 'remove':
    case 'copy':
    case 'uncopy':
    case 'keepMetadata':
    case 'removeMetadata':
    case 'open':
    case 'renew':
    case 'useKept':
    case 'replace':
      return typeof attachment === 'string' ? { type, attachment } : undefined;
    case 'ask':
      return actions.includes(action as string) ? { type, action: action as PageAction } : undefined;
    default:
      return undefined;
  }
}
