/** The transactional file locks of the server: many readers or one writer per path. */
import { DavError } from './davError.ts';

interface State {
  shared: number;
  exclusive: boolean;
}

export interface PathLock {
  /** Turns a shared lock into the only one, or fails. */
  makeExclusive(): void;
  release(): void;
}

export function createLocks() {
  const states = new Map<string, State>();
  const stateOf = (path: string): State => {
    const known = states.get(path) ?? { shared: 0, exclusive: false };
    states.set(path, known);
    return known;
  };
  const refuse = (path: string): never => {
    throw new DavError('FileLocked', `"${path}" is locked`);
  };
  const busy = (path: string): boolean => {
    const state = states.get(path);
    return state !== undefined && (state.exclusive || state.shared > 0);
  };

  return {
    shared(path: string): PathLock {
      const state = stateOf(path);
      if (state.exclusive) refuse(path);
      state.shared += 1;
      let held: 'shared' | 'exclusive' | 'none' = 'shared';
      return {
        makeExclusive() {
          if (state.shared > 1 || state.exclusive) refuse(path);
          state.shared -= 1;
          state.exclusive = true;
          held = 'exclusive';
        },
        release() {
          if (held === 'shared') state.shared -= 1;
          if (held === 'exclusive') state.exclusive = false;
          held = 'none';
          if (state.shared === 0 && !state.exclusive) states.delete(path);
        },
      };
    },
    /** A lock that stays until `unlock`, as another program's unfinished work would leave it. */
    hold(path: string): void {
      stateOf(path).exclusive = true;
    },
    unlock(path: string): void {
      states.delete(path);
    },
    assertFree(path: string): void {
      if (busy(path)) refuse(path);
    },
    assertNoneInside(path: string): void {
      for (const locked of states.keys()) {
        if (locked.startsWith(`${path}/`) && busy(locked))
          throw new DavError('LockedException', `"${locked}" is locked`);
      }
    },
    assertReadable(path: string): void {
      if (states.get(path)?.exclusive === true) refuse(path);
    },
  };
}

export type Locks = ReturnType<typeof createLocks>;
