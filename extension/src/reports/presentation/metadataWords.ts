import * as vscode from 'vscode';
import type { Attachment, Holding, Metadata, Place } from '../../../../shared/index.ts';

/** What is there and not shown in other words. */
const holdingWords: Readonly<Partial<Record<Holding, () => string>>> = {
  'text': () => vscode.l10n.t('comments'),
  'credentials': () => vscode.l10n.t('content credentials'),
  'track': () => vscode.l10n.t('a track of the camera’s own data'),
  'trailer': () => vscode.l10n.t('data behind its end'),
};

/** `Taken 2026-05-01 12:33:10 · Pixel 9 · Camera app`, and that there is more, in one line. */
export function saidWords({ taken, camera, software, holds, damaged }: Metadata): string {
  const others = holds.flatMap((holding) => holdingWords[holding]?.() ?? []);
  const facts = [
    ...(taken === undefined ? [] : [vscode.l10n.t('Taken {0}', taken)]),
    ...(camera === undefined ? [] : [camera]),
    ...(software === undefined ? [] : [software]),
    ...(others.length === 0 ? [] : [vscode.l10n.t('Holds {0}', others.join(', '))]),
    ...(damaged ? [vscode.l10n.t('Damaged: there may be more')] : []),
  ];
  return facts.join(' · ');
}

/** `51.4779, -0.0015 (Greenwich)`. */
export function placeWords({ latitude, longitude, name }: Place): string {
  const degrees = (value: number) => String(Math.round(value * 1e5) / 1e5);
  const point = latitude === undefined || longitude === undefined ? '' : `${degrees(latitude)}, ${degrees(longitude)}`;
  if (name === undefined) return point;
  return point === '' ? name : `${point} (${name})`;
}

/** Attachments that say where they were taken. */
export function placedAmong(
  attachments: readonly Attachment[],
  metadata: ReadonlyMap<string, Metadata>,
): { readonly attachment: Attachment; readonly place: string }[] {
  return attachments.flatMap((attachment) => {
    const place = metadata.get(attachment.id)?.place;
    return place ? [{ attachment, place: placeWords(place) }] : [];
  });
}

/** The warning of a report that is about to be sent. */
export function placeWarning(count: number): string {
  return count === 1
    ? vscode.l10n.t('One attached file says where it was taken. Whoever receives the report can read that.')
    : vscode.l10n.t('{0} attached files say where they were taken. Whoever receives the report can read that.', count);
}
