import { DossierError } from '../../core/errors.ts';
import { createXmlReader, type XmlHandler } from './xml.ts';

/** One element with what is in it. */
export interface Element {
  /** `{namespace}local`. */
  readonly name: string;
  /** All text directly in it, untouched: nothing is ever taken for a number here. */
  text: string;
  readonly children: Element[];
}

/** Most elements and text of one tree. A listing is many trees, one a response. */
const maxElements = 4_096;
const maxText = 262_144;

/** Builds elements; those that `isWhole` picks are handed to `take` as soon as they end, and forgotten. */
export function createElementBuilder(
  isWhole: (name: string, depth: number) => boolean,
  take: (element: Element) => void,
): XmlHandler {
  const path: Element[] = [];
  let whole = -1;
  let elements = 0;
  let length = 0;
  return {
    open(name) {
      if (whole < 0 && isWhole(name, path.length)) [whole, elements, length] = [path.length, 0, 0];
      const element: Element = { name, text: '', children: [] };
      if (whole >= 0 && whole < path.length) path.at(-1)?.children.push(element);
      path.push(element);
      elements += whole < 0 ? 0 : 1;
      if (elements > maxElements) tooMuch();
    },
    text(text) {
      if (whole < 0) return;
      length += text.length;
      if (length > maxText) tooMuch();
      const element = path.at(-1);
      if (element) element.text += text;
    },
    close() {
      const element = path.pop();
      if (path.length !== whole || !element) return;
      whole = -1;
      take(element);
    },
  };
}

function tooMuch(): never {
  throw new DossierError('invalid-response', 'The server described one entry with more than any entry has');
}

/** A small document, such as the body of an error; undefined when it is not XML at all. */
export function parseElement(text: string): Element | undefined {
  let root: Element | undefined;
  const reader = createXmlReader(
    createElementBuilder(
      (_, depth) => depth === 0,
      (element) => (root = element),
    ),
  );
  try {
    reader.push(text);
    reader.end();
    return root;
  } catch {
    return undefined;
  }
}

export function childNamed(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((child) => child.name === name);
}

export function childrenNamed(element: Element, name: string): Element[] {
  return element.children.filter((child) => child.name === name);
}
