import { createBudget } from '../../core/budget.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import type { Context } from '../../drive/drive.ts';

/**
 * Where `/` is. Members of a team with a space of its own see that space, not only their own folder in it, when each
 * call names the root. https://developers.dropbox.com/dbx-team-files-guide
 */
export interface PathRoot {
  /** The header that names the root: asks the account once, the first time it is needed. */
  headers(context?: Context): Promise<Readonly<Record<string, string>>>;
  /** Learns from an answer of `users/get_current_account`. */
  learn(rootInfo: unknown): void;
  /** Learns from a 422, which says what the root is now; true when that is news. */
  correct(refusal: unknown): boolean;
}

/** Others that asked first and were cancelled, one after the other. */
const mostAsks = 100;

export function createPathRoot(askAccount: (context?: Context) => Promise<void>): PathRoot {
  let known: { readonly root: string | undefined } | undefined;
  let asking: Promise<void> | undefined;

  const pathRoot: PathRoot = {
    async headers(context) {
      const asks = createBudget(mostAsks, () => new DossierError('cancelled'));
      while (known === undefined) {
        asks.spend();
        asking ??= askAccount(context).finally(() => (asking = undefined));
        await asking.catch((error: unknown) => {
          // Who asked first was cancelled: that is not our end.
          if (!isDossierError(error, 'cancelled') || context?.signal?.aborted) throw error;
        });
      }
      return known.root === undefined
        ? {}
        : { 'Dropbox-API-Path-Root': JSON.stringify({ '.tag': 'root', root: known.root }) };
    },
    learn(rootInfo) {
      known = { root: rootOf(rootInfo) };
    },
    correct(refusal) {
      const error = isRecord(refusal) && isRecord(refusal['error']) ? refusal['error'] : {};
      if (error['.tag'] !== 'invalid_root') return false;
      const before = known?.root;
      pathRoot.learn(error['invalid_root'] ?? error);
      return known?.root !== before;
    },
  };
  return pathRoot;
}

/** The namespace of the team's space, or nothing where the home is the root. */
export function rootOf(rootInfo: unknown): string | undefined {
  if (!isRecord(rootInfo)) return undefined;
  const { root_namespace_id: root, home_namespace_id: home } = rootInfo;
  return typeof root === 'string' && /^\d+$/.test(root) && root !== home ? root : undefined;
}
