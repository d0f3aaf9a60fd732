import type { DrivePath } from '../core/paths.ts';

export type ProxyType = 'system' | 'none' | 'http' | 'https' | 'socks5';

export interface ProxySettings {
  readonly type: ProxyType;
  readonly address?: string;
  readonly port?: number;
  readonly user?: string;
  readonly domain?: string;
}

/** What connections of all kinds have. */
export interface ConnectionBase {
  /** Stable; names the secrets and records that belong to it. */
  readonly id: string;
  readonly name: string;
  /** Connections are shown under their group. */
  readonly group: string;
  /** Folder in the drive that receives all reports. */
  readonly folder: DrivePath;
  readonly timeoutSeconds: number;
  /** Code page of description files: a name that iconv knows, `utf-8` unless the user chose another. */
  readonly encoding: string;
  readonly proxy: ProxySettings;
  /**
   * Folder in the drive that keeps the reports themselves, for n8n and other computers to go on with; without it they
   * are kept on this computer.
   */
  readonly reportsIn?: DrivePath;
  /** Its sign-ins ask for the permission to read files too: somebody keeps records in its folder. */
  readonly asksToRead?: true;
  /** Attached files go as copies without metadata, unless the person chooses otherwise for one of them. */
  readonly metadata?: 'remove';
}

/** What must not be stored in the open. */
export interface ConnectionSecrets {
  readonly user?: string;
  readonly password?: string;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  /** Milliseconds since 1970 UTC. */
  readonly accessTokenExpires?: number;
  readonly appSecret?: string;
  readonly proxyPassword?: string;
  /** The Dossier key of the store in `reportsIn`, where it is another than this computer's own. */
  readonly storeKey?: string;
}
