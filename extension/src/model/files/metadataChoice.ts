import type { Attachment, Connection } from '../../../../shared/index.ts';

/** Whether a copy without metadata is sent: what was chosen for the file counts, then what the connection says. */
export function goesWithout(
  { metadata }: Pick<Attachment, 'metadata'>,
  connection: Pick<Connection, 'metadata'> | undefined,
): boolean {
  return (metadata ?? connection?.metadata) === 'remove';
}
