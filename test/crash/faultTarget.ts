import type { Clock, HttpPort } from '../../shared/core/ports.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import type { FaultName } from './faultShapes.ts';
import type { Protocol } from './oddAnswers.ts';

/** What lies between a client and the server. */
export type Between = (http: HttpPort) => HttpPort;

/** A file as the server itself has it, found without any code of ours. */
export interface StoredFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** A server that faults can be planned for, with a place for one report. */
export interface FaultTarget {
  /** A new client, as another process would open it. */
  client(clock: Clock, between: Between): Drive;
  /** The fault strikes the Nth request from now, counted from 1, and all after it when it lasts. */
  inject(fault: FaultName, at: number, lasting: boolean): void;
  clear(): void;
  /** Requests so far. */
  readonly requests: number;
  stored(): Promise<readonly StoredFile[]>;
  /** Paths of all folders. */
  folders(): readonly string[];
  close(): Promise<void>;
}

export interface FaultTargetKind {
  readonly name: string;
  /** How it is talked to: which odd answers it can be made to give. */
  readonly protocol: Protocol;
  /** The smallest chunk of its sessions, bytes: the same requests as with large ones, fewer bytes. */
  readonly chunkSize: number;
  /** Requests that one try of a file may cost: where what failed half way is taken away, two. */
  readonly requestsPerTry: 1 | 2;
  /**
   * Faults that need not be noticed even when they last, because some answers have nothing in them that could break.
   */
  readonly unnoticed: readonly FaultName[];
  /** Faults that are plain answers there, with a meaning that repeating does not change. */
  readonly decisive: readonly FaultName[];
  open(): Promise<FaultTarget>;
}

/** The drive with its smallest chunks. */
export function withSmallChunks(drive: Drive, chunkSize: number): Drive {
  const { capabilities } = drive;
  return {
    ...drive,
    capabilities: {
      ...capabilities,
      upload: { ...capabilities.upload, chunkMin: chunkSize, chunkSize, maxSingle: chunkSize },
    },
  };
}
