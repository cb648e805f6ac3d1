// What panels share: the frame with a heading, and the life from being shown to being removed.

import { el, fill } from '../dom.js';
import { effect, hurry } from '../store.js';

/** @typedef {import('../sweep.js').Model} Model */

export class PanelElement extends HTMLElement {
  constructor() {
    super();
    /** @type {Model} */
    // @ts-ignore: set before the element is shown
    this.model = null;
    /** @type {(() => void)[]} */
    this.ends = [];
    this.note = el('span', { class: 'note' });
    this.tools = el('span', { class: 'tools' });
    this.body = el('div', { class: 'body' });
    this.inSight = false;
    const sight = new IntersectionObserver(([entry]) => {
      this.inSight = entry.isIntersecting;
      if (this.inSight) hurry();
    }, { rootMargin: '60px' });
    sight.observe(this);
  }

  /** Its heading. */
  get heading() {
    return '';
  }

  /** Whether it takes the whole width. */
  get wide() {
    return false;
  }

  connectedCallback() {
    this.className = `panel ${this.wide ? 'wide' : ''}`;
    this.setAttribute('aria-label', this.heading);
    fill(this, el('header', {}, el('h2', { text: this.heading }), this.note, this.tools), this.body);
    this.start();
  }

  disconnectedCallback() {
    for (const end of this.ends) end();
    this.ends = [];
  }

  /** Builds the panel. */
  start() {}

  /** Runs again whenever what it reads has changed. @param {() => void} work */
  watch(work) {
    this.ends.push(effect(work));
  }

  /** The same when there is time, unless the panel is in sight and no drag is under way. @param {() => void} work */
  watchInSight(work) {
    this.ends.push(effect(work, () => !this.inSight || this.model.selection.dragging.now));
  }
}

/**
 * A button that is on or off.
 * @param {string} text
 * @param {{ value: boolean }} state
 * @param {string} [title]
 */
export function toggle(text, state, title) {
  const button = el('button', { title, onclick: () => { state.value = !state.value; } }, text);
  effect(() => { button.setAttribute('aria-pressed', String(state.value)); });
  return button;
}

/**
 * A choice of one.
 * @param {string} label
 * @param {[string, string][]} choices value and text
 * @param {{ value: string }} state
 */
export function choice(label, choices, state) {
  return el('select', { 'aria-label': label, onchange: (/** @type {any} */ event) => { state.value = event.target.value; } }, ...choices.map(([value, text]) => el('option', { value, text, selected: value === state.value })));
}
