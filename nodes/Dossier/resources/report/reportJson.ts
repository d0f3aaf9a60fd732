import type { IDataObject } from 'n8n-workflow';
import { placeOf, type Report } from '../../../../shared/index.ts';

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** A stored report as items carry it. */
export function reportJson(report: Report): IDataObject {
  const {
    id,
    title,
    description,
    state,
    attachments,
    created,
    modified,
    queued,
    submitted,
    interruption,
    destination,
  } = report;
  return {
    report: id,
    title,
    description,
    state,
    place: placeOf(state),
    attachments: attachments.map(({ name, mediaType, size }) => ({ name, mediaType, size })),
    created: time(created),
    modified: time(modified),
    ...(queued === undefined ? {} : { queued: time(queued) }),
    ...(submitted === undefined ? {} : { submitted: time(submitted) }),
    ...(interruption === undefined
      ? {}
      : { code: interruption.code, reason: interruption.reason, mend: interruption.mend }),
    ...(destination === undefined ? {} : { path: destination.path }),
    ...(destination?.id === undefined ? {} : { fileId: destination.id }),
  };
}
