import { EventEmitter } from 'node:events';

/** Tells long polls and webhooks that something in a tree changed. */
export interface TreeWatch {
  changed(tree: string, path: string): void;
  listen(listener: (tree: string, path: string) => void): () => void;
}

export function createTreeWatch(): TreeWatch {
  const events = new EventEmitter<{ change: [tree: string, path: string] }>().setMaxListeners(0);
  return {
    changed: (tree, path) => void events.emit('change', tree, path),
    listen(listener) {
      events.on('change', listener);
      return () => void events.off('change', listener);
    },
  };
}
