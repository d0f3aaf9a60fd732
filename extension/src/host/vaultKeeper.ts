/** Encrypts and decrypts with the user's Dossier key, which never leaves the editor's secret storage. */
export interface VaultKeeper {
  seal(plain: Uint8Array): Promise<Uint8Array>;
  /** `vault-locked` without the key. */
  open(sealed: Uint8Array): Promise<Uint8Array>;
}
