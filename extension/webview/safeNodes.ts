const allowed: ReadonlySet<string> = new Set(
  (
    'A B BLOCKQUOTE BR CODE DEL DIV EM H1 H2 H3 H4 H5 H6 HR I KBD LI OL P PRE S SPAN STRONG SUB SUP TABLE TBODY TD TH ' +
    'THEAD TR UL'
  ).split(' '),
);
/** What they hold is no text for people. */
const dropped: ReadonlySet<string> = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'SVG', 'MATH']);
const linkable = /^(https?|mailto):/i;

/**
 * Markdown that somebody has written, made HTML: only elements that mark text up are taken over, and of their
 * attributes only where a link leads. Nothing is loaded; pictures give way to what they are called.
 */
export function safeNodes(html: string): DocumentFragment {
  if (last?.html !== html) last = { html, nodes: made(html) };
  return last.nodes;
}

/** The page is drawn often, and what somebody has selected in it should stay. */
let last: { readonly html: string; readonly nodes: DocumentFragment } | undefined;

function made(html: string): DocumentFragment {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  const fragment = document.createDocumentFragment();
  for (const node of body.childNodes) appendSafe(fragment, node);
  return fragment;
}

function appendSafe(into: ParentNode & Node, node: Node): void {
  if (node.nodeType === Node.TEXT_NODE) into.appendChild(document.createTextNode(node.nodeValue ?? ''));
  if (!(node instanceof Element)) return;
  const name = node.tagName.toUpperCase();
  if (dropped.has(name)) return;
  if (name === 'IMG') {
    into.appendChild(document.createTextNode(node.getAttribute('alt') ?? ''));
    return;
  }
  const target = allowed.has(name) ? into.appendChild(document.createElement(name.toLowerCase())) : into;
  const address = name === 'A' ? (node.getAttribute('href') ?? '') : '';
  if (linkable.test(address)) (target as HTMLAnchorElement).href = address;
  for (const child of node.childNodes) appendSafe(target, child);
}
