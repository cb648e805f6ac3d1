// A point that a person wants to be tried: a field for each parameter, with the values of the best trial to begin with.

import { el, fill, quoted } from './dom.js';
import { ranking } from './trials.js';

export class PointDialog {
  /** @param {import('./trials.js').Trials} trials @param {{ value: any }} head @param {(point: any) => void} send */
  constructor(trials, head, send) {
    this.trials = trials;
    this.head = head;
    this.send = send;
    this.form = el('form', { method: 'dialog', onsubmit: () => this.submit() });
    this.element = el('dialog', { class: 'trial', 'aria-label': 'Add a point' }, this.form);
    /** @type {[string, HTMLInputElement][]} */
    this.fields = [];
  }

  open() {
    const { order, ranked } = ranking(this.trials, this.head.value?.metric?.goal ?? null);
    const best = ranked > 0 ? order[order.length - 1] : this.trials.length - 1;
    this.fields = this.trials.columns.map(({ name, values }) => {
      const value = values[best];
      const text = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
      return [name, /** @type {HTMLInputElement} */ (el('input', { type: 'text', class: 'mono', value: text, spellcheck: 'false', 'aria-label': name }))];
    });
    const rows = this.fields.map(([name, input]) => el('tr', {}, el('td', {}, quoted(name)), el('td', {}, input)));
    fill(this.form,
      el('h2', {}, 'Add a point'),
      el('p', { class: 'dim' }, 'An agent tries it next. A parameter under a condition may be left empty.'),
      el('table', {}, el('tbody', {}, ...rows)),
      el('p', {}, el('button', { type: 'submit' }, 'Add'), ' ', el('button', { type: 'button', onclick: () => this.element.close() }, 'Close')));
    this.element.showModal();
  }

  submit() {
    const point = {};
    for (const [name, input] of this.fields) if (input.value.trim() !== '') put(point, name.split('.'), read(input.value.trim()));
    this.send(point);
  }
}

/** A number, a truth value or a list as JSON has it; else a text. @param {string} text */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {any} into @param {string[]} path @param {any} value */
function put(into, path, value) {
  const [first, ...rest] = path;
  if (rest.length === 0) into[first] = value;
  else put((into[first] ??= {}), rest, value);
}
