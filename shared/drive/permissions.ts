import { toHex } from '../core/bytes.ts';
import { isDossierError } from '../core/errors.ts';
import { type DrivePath, joinPath } from '../core/paths.ts';
import type { RandomBytes } from '../core/ports.ts';
import type { Context, Drive } from './drive.ts';

/** What a sign-in permits. */
export interface Permissions {
  /** See which files and folders there are. */
  readonly see: boolean;
  /** Read what is in files. */
  readonly read: boolean;
  /** Write, move and remove. */
  readonly write: boolean;
}

/**
 * What the sign-in of a drive permits, found out by asking for a file that is not there: nothing is changed. Where a
 * service tells only when it comes to it, it is taken for permitted.
 */
export async function permissionsOf(
  drive: Drive,
  folder: DrivePath,
  randomBytes: RandomBytes,
  context?: Context,
): Promise<Permissions> {
  const [see, read, write] = await refusalsOf(drive, folder, randomBytes, context);
  const isPermitted = (refusal: unknown) => !isDossierError(refusal, 'forbidden');
  return { see: isPermitted(see), read: isPermitted(read), write: isPermitted(write) };
}

/**
 * Asks for the same, before something is begun that needs all of it.
 *
 * @throws DossierError with `forbidden` that names what is missing, in the words of the service; `unauthorized`.
 */
export async function demandPermissions(
  drive: Drive,
  folder: DrivePath,
  randomBytes: RandomBytes,
  context?: Context,
): Promise<void> {
  const refusal = (await refusalsOf(drive, folder, randomBytes, context)).find((each) => each !== undefined);
  if (refusal !== undefined) throw refusal;
}

/** The refusals to see, to read and to write; undefined where there is none. */
async function refusalsOf(
  drive: Drive,
  folder: DrivePath,
  randomBytes: RandomBytes,
  context?: Context,
): Promise<readonly unknown[]> {
  const absent = { path: joinPath(folder, `dossier-permission-${toHex(randomBytes(8))}.txt`) };
  const read = async () => {
    for await (const _ of drive.read(absent, { start: 0, end: 1 }, context)) break;
  };
  return [
    await refusalOf(() => drive.stat(absent, context), context),
    await refusalOf(read, context),
    await refusalOf(() => drive.remove(absent, context), context),
  ];
}

async function refusalOf(act: () => Promise<unknown>, context: Context | undefined): Promise<unknown> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (context?.signal?.aborted || isDossierError(error, 'cancelled')) throw error;
    return isDossierError(error, 'forbidden') || isDossierError(error, 'unauthorized') ? error : undefined;
  }
}
