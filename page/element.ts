type Child = Node | string | undefined;
type Fields = Readonly<Record<string, string | undefined>>;

/** An element with attributes and children. Text stays text, whoever wrote it. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  fields: Fields = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) made.setAttribute(field, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

export function button(text: string, act: () => void, fields: Fields = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...fields }, text);
  made.addEventListener('click', act);
  return made;
}
