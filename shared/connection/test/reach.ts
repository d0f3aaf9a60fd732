import type { Sentence } from '../../core/sentence.ts';

/** What a certificate says of itself. */
export interface SeenCertificate {
  /** Name of the authority that signed it. */
  readonly issuer: string;
  /** Milliseconds since 1970 UTC. */
  readonly validUntil: number;
  /** Of the connection: `TLSv1.3`. */
  readonly protocol: string;
}

/** What a host can find out below HTTP. Rejects as `HttpPort` does. */
export interface Reach {
  /** Addresses of a name. */
  lookUp(hostname: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Connects to the proxy of the connection; resolves when it answers. */
  proxy(signal?: AbortSignal): Promise<void>;
  /** The certificate that the server shows, trusted or not, by the connection's way to the network. */
  certificate(url: string, signal?: AbortSignal): Promise<SeenCertificate>;
  /** How this connection trusts certificates, where it is otherwise than usual. */
  readonly trust?: Sentence;
}
