/** Elements of the page. Texts are always set as text, never as HTML. */

/** Returns the element with this id. Throws if the page lacks it, or if it is of another type. */
export const byId = <T extends HTMLElement>(id: string, type: abstract new () => T): T => {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${type.name} with the id "${id}".`);
  return found;
};

/** Returns a container by its id. */
export const box = (id: string): HTMLElement => byId(id, HTMLElement);

/** Creates an element with attributes and children. */
export const element = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] => {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...children);
  return created;
};

/** Creates a button with a text for the eye, and a longer one for screen readers. */
export const button = (text: string, label: string, onClick: () => void): HTMLButtonElement => {
  const created = element('button', { type: 'button', 'aria-label': label }, text);
  created.addEventListener('click', onClick);
  return created;
};

/** Sets the text of a node if it differs, so that an unchanged page causes no layout and no announcement. */
export const setText = (node: Node, text: string): void => {
  if (node.textContent !== text) node.textContent = text;
};

/** Sets an attribute if it differs. */
export const setAttribute = (target: Element, name: string, value: string): void => {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
};

/** Names and values of a list of facts. */
export type Facts = readonly (readonly [name: string, value: string])[];

/** Shows facts in a `dl`. Elements are kept as long as the names are the same. */
export const showFacts = (list: HTMLElement, facts: Facts): void => {
  const names = [...list.querySelectorAll('dt')].map(({ textContent }) => textContent);
  if (names.join('\n') !== facts.map(([name]) => name).join('\n'))
    list.replaceChildren(...facts.map(([name]) => element('div', {}, element('dt', {}, name), element('dd'))));
  const values = list.querySelectorAll('dd');
  facts.forEach(([, value], index) => {
    setText(values[index] as HTMLElement, value);
  });
};
