import { nothing } from '../stone.ts';
import { type Routes, route } from './route.ts';

const kinds = { basic: 'basic', pro: 'pro', business: 'business' } as const;

export const userRoutes: Routes = {
  'users/get_current_account': route(
    {
      style: 'rpc',
      scope: 'account_info.read',
      argument: nothing,
    },
    (_, { service, account }) => {
      const [given = '', ...rest] = account.name.split(' ');
      return {
        account_id: account.id,
        name: {
          given_name: given,
          surname: rest.join(' '),
          familiar_name: given,
          display_name: account.name,
          abbreviated_name: `${given.charAt(0)}${(rest[0] ?? '').charAt(0)}`,
        },
        email: account.email,
        email_verified: true,
        disabled: false,
        country: 'GB',
        locale: 'en',
        referral_link: 'https://www.dropbox.com/referrals/emulator',
        is_paired: false,
        account_type: { '.tag': kinds[account.kind] },
        root_info: service.accounts.rootInfo(account),
        ...(account.teamId
          ? { team: { id: account.teamId, name: 'Emulated Team' }, team_member_id: `dbmid:emulated${account.uid}` }
          : {}),
      };
    },
  ),

  'users/get_space_usage': route(
    {
      style: 'rpc',
      scope: 'account_info.read',
      argument: nothing,
    },
    (_, { service, account }) => {
      return {
        used: service.tree.used(account.tree),
        allocation: { '.tag': 'individual', allocated: service.limits.quotaBytes },
      };
    },
  ),
};
