/**
 * The web platform names that `shared` may use, and nothing else: they exist in every host. Seen only by the type-check
 * that proves `shared` needs no host (.config/tsconfig.shared.json).
 */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
declare const AbortSignal: { any(signals: Iterable<AbortSignal>): AbortSignal };
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}
declare class URLSearchParams {
  constructor(init?: string | Record<string, string> | [string, string][]);
  get(name: string): string | null;
  set(name: string, value: string): void;
  has(name: string): boolean;
  append(name: string, value: string): void;
  toString(): string;
}
declare class URL {
  constructor(url: string, base?: string | URL);
  static canParse(url: string, base?: string): boolean;
  href: string;
  readonly origin: string;
  protocol: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  username: string;
  password: string;
  readonly searchParams: URLSearchParams;
  toString(): string;
}
declare class DecompressionStream {
  constructor(format: 'deflate-raw');
  readonly readable: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> };
  };
  readonly writable: {
    getWriter(): {
      write(bytes: Uint8Array): Promise<void>;
      close(): Promise<void>;
      abort(reason?: unknown): Promise<void>;
    };
  };
}
declare function structuredClone<T>(value: T): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;

declare module 'node:crypto' {
  interface Hash {
    update(bytes: Uint8Array | string): Hash;
    digest(): Uint8Array;
    digest(encoding: 'hex' | 'base64' | 'base64url'): string;
  }
  export function createHash(algorithm: string): Hash;
  /** Of a whole content in one call. */
  export function hash(algorithm: string, content: Uint8Array | string, encoding: 'buffer'): Uint8Array;
  export function hash(
    algorithm: string,
    content: Uint8Array | string,
    encoding: 'hex' | 'base64' | 'base64url',
  ): string;
  /** Digests on the thread pool. */
  export const webcrypto: {
    readonly subtle: { digest(algorithm: 'SHA-256', bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> };
  };
  export function createHmac(algorithm: string, key: Uint8Array | string): Hash;
  export function hkdfSync(
    digest: string,
    key: Uint8Array,
    salt: Uint8Array,
    info: Uint8Array,
    length: number,
  ): ArrayBuffer;
  interface Cipher {
    update(bytes: Uint8Array): Uint8Array;
    final(): Uint8Array;
    getAuthTag(): Uint8Array;
  }
  interface Decipher {
    update(bytes: Uint8Array): Uint8Array;
    final(): Uint8Array;
    setAuthTag(tag: Uint8Array): void;
  }
  /** Exists in every host; which ciphers it knows differs. */
  export function createCipheriv(
    cipher: string,
    key: Uint8Array,
    nonce: Uint8Array,
    options: { authTagLength: number },
  ): Cipher;
  export function createDecipheriv(
    cipher: string,
    key: Uint8Array,
    nonce: Uint8Array,
    options: { authTagLength: number },
  ): Decipher;
  export function randomBytes(length: number): Uint8Array;
  export interface KeyObject {
    readonly asymmetricKeyType?: string;
    readonly asymmetricKeyDetails?: { readonly namedCurve?: string };
    export(options: { format: 'der'; type: 'spki' | 'pkcs8' }): Uint8Array;
  }
  interface KeyInput {
    readonly key: Record<string, string>;
    readonly format: 'jwk';
  }
  export function createPrivateKey(input: KeyInput | string): KeyObject;
  export function createPublicKey(input: KeyObject | KeyInput | string): KeyObject;
  export function diffieHellman(keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): Uint8Array;
  export function generateKeyPairSync(type: 'x25519'): {
    readonly publicKey: KeyObject;
    readonly privateKey: KeyObject;
  };
  export function createECDH(curve: string): { setPrivateKey(key: Uint8Array): void; getPublicKey(): Uint8Array };
  export class X509Certificate {
    constructor(der: Uint8Array);
    readonly publicKey: KeyObject;
    readonly keyUsage: readonly string[] | undefined;
    readonly validFrom: string;
    readonly validTo: string;
    checkIssued(issuer: X509Certificate): boolean;
    verify(issuer: KeyObject): boolean;
  }
  export function sign(algorithm: string | null, data: Uint8Array, key: KeyObject): Uint8Array;
  /** On the thread pool. */
  export function sign(
    algorithm: string | null,
    data: Uint8Array,
    key: KeyObject,
    done: (error: unknown, signature: Uint8Array) => void,
  ): void;
  export function verify(algorithm: string | null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean;
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}
