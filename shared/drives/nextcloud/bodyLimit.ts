import type { Clock } from '../../core/ports.ts';

/**
 * Sizes that are tried one after the other when a request was too large, bytes: what proxies are set to (8 MB, 4 MB, 1 MB),
 * down to the least with which a large file still ends.
 */
const steps = [8_000_000, 4_000_000, 1_000_000, 512 * 1024, 256 * 1024] as const;

/** A setting that was mended is found out after a day, milliseconds. */
const validMs = 86_400_000;

/** What a server, or a proxy before it, lets through in one request. */
export interface BodyLimit {
  /** Largest body, bytes; endless until one was refused. */
  readonly bytes: number;
  /** Notes that a body of this size was refused; false when there is nothing smaller to try. */
  refused(size: number): boolean;
}

/** Kept for each server as long as the process lives: every connection to it meets the same proxy. */
const learned = new Map<string, { readonly bytes: number; readonly at: number }>();

export function bodyLimitOf(url: string, clock: Clock): BodyLimit {
  const current = (): number => {
    const found = learned.get(url);
    return found && clock.now() - found.at < validMs ? found.bytes : Infinity;
  };
  return {
    get bytes() {
      return current();
    },
    refused(size) {
      // Others that are under way may have been refused for the same reason.
      if (size > current()) return true;
      const smaller = steps.find((step) => step < size);
      if (smaller !== undefined) learned.set(url, { bytes: smaller, at: clock.now() });
      return smaller !== undefined;
    },
  };
}
