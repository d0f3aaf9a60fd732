import type { StateStore } from '../../../../shared/index.ts';

/**
 * A store that is found anew for every use: what it stands for may be opened late, or be exchanged for another while
 * the editor runs.
 */
export function lateState(find: () => Promise<StateStore>): StateStore {
  return {
    get: async (...given) => (await find()).get(...given),
    getAll: async (...given) => (await find()).getAll(...given),
    list: async (...given) => (await find()).list(...given),
    keys: async (...given) => (await find()).keys(...given),
    commit: async (...given) => (await find()).commit(...given),
    // Whoever opened it closes it.
    close: async () => undefined,
  };
}
