import { DossierError, say } from '../../shared/index.ts';
import type { OpenedConnection } from '../host/connection.ts';

type Open = (item: number) => Promise<OpenedConnection>;

/**
 * Opens the connection of items that are taken together. Fields of a credential may be expressions: what items make
 * together goes to one place, or nowhere.
 *
 * @throws `invalid-input` where the credential names another connection for one of them.
 */
export function openTogether(
  open: Open,
  [first, ...others]: readonly [number, ...number[]],
): () => Promise<OpenedConnection> {
  let checked: Promise<OpenedConnection> | undefined;
  const check = async (): Promise<OpenedConnection> => {
    const opened = await open(first);
    for (const other of others)
      if ((await open(other)) !== opened)
        throw new DossierError(
          'invalid-input',
          say`The credential names another connection for item ${other} than for item ${first}: they cannot be taken together`,
        );
    return opened;
  };
  return () => {
    checked ??= check().catch((error: unknown) => {
      checked = undefined;
      throw error;
    });
    return checked;
  };
}
