/** An app of the App Console: Dossier's own, or the user's. */
export interface DropboxApp {
  readonly key: string;
  /** Only for apps that are used without PKCE elsewhere; sent in the body, never in an address. */
  readonly secret?: string;
}

/** Addresses of the sign-in; for tests against another server. */
export interface DropboxAuthEndpoints {
  readonly authorize: string;
  readonly api: string;
}

export const dropboxAuthEndpoints: DropboxAuthEndpoints = {
  authorize: 'https://www.dropbox.com/oauth2/authorize',
  api: 'https://api.dropboxapi.com',
};

/** Where the routes of the service are, for a connection that may name another place. */
export function dropboxApiOf({ endpoint }: { readonly endpoint?: string }): string {
  return endpoint ?? dropboxAuthEndpoints.api;
}

/** The least that each job needs. Without `files.content.read` a token cannot read what is in any file. */
export const dropboxScopes = {
  /** Record which files exist, without access to their content. */
  link: ['account_info.read', 'files.metadata.read'],
  /** Deliver reports, and manage files and folders. */
  deliver: ['account_info.read', 'files.metadata.read', 'files.content.write'],
  /** All of these, and open files that are there. */
  download: ['account_info.read', 'files.metadata.read', 'files.content.write', 'files.content.read'],
} as const satisfies Record<string, readonly string[]>;

export type DropboxJob = keyof typeof dropboxScopes;

/**
 * Dropbox compares redirect addresses to the letter, port included, so the ports of the loopback are fixed, and these
 * are the addresses to register.
 */
export const dropboxRedirectUris = [
  'http://localhost:9999',
  'http://localhost:19999',
  'http://localhost:29999',
] as const;
