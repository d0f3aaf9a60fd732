import type { TextField, ToExtension } from '../src/model/files/protocol.ts';

/** What the page of a report tells the extension. */
export interface PageEvents {
  send(message: ToExtension): void;
  edit(field: TextField, value: string): void;
}
