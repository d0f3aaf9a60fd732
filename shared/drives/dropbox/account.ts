import { isDossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Account, AccountPlan } from '../../drive/entry.ts';
import type { DropboxApi } from './api.ts';
import { unknown } from './metadata.ts';
import { type PathRoot, rootOf } from './pathRoot.ts';

export function createAccount(api: DropboxApi, pathRoot: PathRoot): Drive['account'] {
  return async (context) => {
    const answer = await api.rpc('users/get_current_account', null, { operation: 'account' }, context);
    if (!isRecord(answer)) throw unknown(say`no account`);
    pathRoot.learn(answer['root_info']);
    const free = context?.withSpace ? await freeBytes(api, context) : undefined;
    return { ...parseAccount(answer), ...(free === undefined ? {} : { freeBytes: free }) };
  };
}

function parseAccount(answer: Record<string, unknown>): Account {
  const { account_id: id, email, name } = answer;
  if (typeof id !== 'string' || id === '') throw unknown(say`no account`);
  const shown = isRecord(name) && typeof name['display_name'] === 'string' ? name['display_name'] : '';
  const label = [shown, typeof email === 'string' ? `(${email})` : ''].filter(Boolean).join(' ');
  const plan = planOf(answer);
  return { id, label: label || id, ...(plan && { plan }) };
}

const plans: Readonly<Record<string, AccountPlan>> = { basic: 'personal', pro: 'personal', business: 'business' };

function planOf({ account_type: type, root_info: root }: Record<string, unknown>): AccountPlan | undefined {
  if (rootOf(root) !== undefined) return 'team';
  return isRecord(type) ? plans[String(type['.tag'])] : undefined;
}

/** Nobody is refused for want of this figure. */
async function freeBytes(api: DropboxApi, context: Context): Promise<number | undefined> {
  try {
    const answer = await api.rpc('users/get_space_usage', null, { operation: 'account' }, context);
    const allocation = isRecord(answer) && isRecord(answer['allocation']) ? answer['allocation'] : {};
    const used = allocation['.tag'] === 'team' ? allocation['used'] : isRecord(answer) ? answer['used'] : undefined;
    const { allocated } = allocation;
    return typeof used === 'number' && typeof allocated === 'number' ? Math.max(0, allocated - used) : undefined;
  } catch (error) {
    if (isDossierError(error, 'cancelled')) throw error;
    return undefined;
  }
}
