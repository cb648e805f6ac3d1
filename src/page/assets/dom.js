// Elements. Whatever comes from a store is set as text, never as markup.

// Characters that turn the writing direction, hide text or control something.
// eslint-disable-next-line no-control-regex
const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/**
 * Text from elsewhere as one line that can do nothing.
 * @param {unknown} text
 * @param {number} [longest]
 */
export function plain(text, longest = 300) {
  const line = String(text).replace(HOSTILE, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/**
 * An element with properties and children; strings become text.
 * @param {string} tag
 * @param {Record<string, any>} [properties] `class`, `text`, `title`, `on…` for events, anything else as attribute
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'text') element.textContent = plain(value);
    else if (name === 'class') element.className = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : plain(value, 2000));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

/**
 * Text from elsewhere in an element of its own, so that its writing direction stays within it.
 * @param {unknown} text
 * @param {string} [className]
 */
export function quoted(text, className = '') {
  const shown = plain(text, 120);
  return el('bdi', { class: `text ${className}`, text: shown, title: shown === String(text) ? null : text });
}

/**
 * An element of SVG.
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...Node} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Replaces what an element holds.
 * @param {Element} element
 * @param {...(Node | string | null | undefined | false)} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
}
