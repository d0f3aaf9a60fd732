/** One emulator that runs by itself. */
export interface RunningEmulator {
  /** What a client needs to use the emulator; printed as one line of JSON. */
  readonly announcement: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}
