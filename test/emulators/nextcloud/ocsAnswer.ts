export interface OcsAnswer {
  /** An HTTP status, which v1 moves into its own body. */
  readonly status: number;
  readonly data: unknown;
  readonly message?: string;
}
