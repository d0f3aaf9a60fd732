import type { Facts } from './facts.ts';
import type { Window } from './window.ts';

/** What a part of a file holds besides the picture or the sound. */
export type Holding =
  | 'exif'
  | 'xmp'
  | 'iptc'
  | 'text'
  | 'credentials'
  | 'times'
  | 'user-data'
  | 'track'
  | 'trailer'
  | 'other';

/** A part of a file that can go without any change to what is seen and heard. */
export interface Holder {
  readonly what: Holding;
  readonly start: number;
  readonly end: number;
  /** What stands there when it is gone; nothing when it is left out. */
  readonly instead?: Uint8Array;
  /** Zeros fill the place after `instead`, so that nothing behind it moves. */
  readonly blank?: true;
  /** Absent where it is not read. */
  tells?(): Promise<Facts>;
}

/** Why a file cannot be had without what it says of itself. */
export type Obstacle =
  /** Of a type whose parts are not known. */
  | 'type'
  | 'damaged'
  /** It has subtitles or another text in time, which may name places and is content too. */
  | 'text-track'
  /** After the removal something was still found. */
  | 'remains';

export class CannotRemove extends Error {
  readonly why: Obstacle;
  constructor(why: Obstacle) {
    super(why);
    this.why = why;
  }
}

/** `whole`: to the last byte, for a removal. Otherwise as far as is worth reading for people. */
export interface SurveyOptions {
  readonly whole: boolean;
}

export interface Format {
  readonly name: string;
  /** Looks at the first bytes, of which there may be fewer than 32. */
  is(head: Uint8Array): boolean;
  /** In rising order of `start`. Absent where nothing can be removed. */
  holders(window: Window, options: SurveyOptions): AsyncIterable<Holder>;
  readonly readOnly?: true;
}
