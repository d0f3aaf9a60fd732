import { routeError, tagged } from '../errors.ts';
import { isWithin, keyOf } from '../paths.ts';
import { integer, optional, struct, text } from '../stone.ts';
import { resume } from './changes.ts';
import { type Routes, route } from './route.ts';

/**
 * Waits until something changes, without a token: the cursor is proof enough. Changes anywhere in the namespace may
 * wake it, so that a client finds nothing new after `changes: true`.
 */
export const longpollRoutes: Routes = {
  'files/list_folder/longpoll': route(
    {
      style: 'rpc',
      host: 'notify',
      auth: 'none',
      scope: null,
      argument: struct({ cursor: text(undefined, { min: 1 }), timeout: optional(integer(30, 480), 30) }),
    },
    async ({ cursor, timeout }, call) => {
      const { service } = call;
      const { accounts, behaviour, clock, limits, tree, watch } = service;
      const state = resume(cursor, service, call.route);
      const view = accounts.namespace(state.namespace);
      if (!view) throw routeError(tagged('reset'));
      const root = behaviour.longpollScope === 'folder' ? state.folder : keyOf(view.root);
      const pending = (): boolean =>
        state.after !== null ||
        tree.changes({ tree: view.tree, folder: root, recursive: true, after: state.seq, limit: 1 }).length > 0;

      const changes =
        pending() ||
        (await new Promise<boolean>((resolve) => {
          const finish = (changed: boolean): void => {
            stopListening();
            cancel();
            call.connection.off('close', gone);
            resolve(changed);
          };
          const gone = (): void => finish(false);
          const stopListening = watch.listen((name, path) => {
            if (name === view.tree && (path === '' || isWithin(path, root))) finish(true);
          });
          const cancel = clock.after(timeout * 1000 + Math.random() * limits.longpoll.jitterMs, () => finish(false));
          call.connection.once('close', gone);
        }));
      const { backoffSeconds } = limits.longpoll;
      return backoffSeconds === null ? { changes } : { changes, backoff: backoffSeconds };
    },
  ),
};
