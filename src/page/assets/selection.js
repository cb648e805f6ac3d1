// One selection for all panels: an expression, ranges on axes, the sweep's page state; all of it lives in the URL.

import { load, Refusal } from './feed.js';
import { effect, signal } from './store.js';

/** @typedef {[number, number] | any[]} Brush a range of numbers, or a list of levels */

/** What a brush is on beside parameters: the metric. */
export const METRIC = '#value';

/** After the last key, before the server is asked. */
const TYPING = 250;
/** Between two questions of the same expression while trials change. */
const AGAIN = 1000;

export class Selection {
  /** @param {string} sweep @param {import('./trials.js').Trials} trials */
  constructor(sweep, trials) {
    this.sweep = sweep;
    this.trials = trials;
    const query = new URLSearchParams(location.search);
    this.expression = signal(query.get('where') ?? '');
    this.brushes = signal(/** @type {Record<string, any>} */ (readBrushes(query.get('brush'))));
    this.compared = signal(readList(query.get('compare')));
    this.hovered = signal(/** @type {number | null} */ (null));
    /** Whether a drag is under way: plots draw a part of what they have, as fast as it goes. */
    this.dragging = signal(false);
    this.wrong = signal('');
    /** @type {Set<number> | null} */
    this.matched = null;
    /** The mask that was made last, and of what. @type {{ revision: number, matched: Set<number> | null, brushes: any, mask: Uint8Array, count: number } | null} */
    this.made = null;
    this.version = signal(0);
    this.asked = 0;
    this.ends = [effect(() => this.ask(this.expression.value, TYPING)), effect(() => this.write())];
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  close() {
    for (const end of this.ends) end();
    clearTimeout(this.timer);
  }

  /** Trials have changed: the expression may hold for others. */
  trialsChanged() {
    if (this.expression.value.trim() && this.timer === undefined) this.ask(this.expression.value, AGAIN);
  }

  /** @param {string} expression @param {number} after */
  ask(expression, after) {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.asked += 1;
    const number = this.asked;
    if (!expression.trim()) {
      this.matched = null;
      this.wrong.value = '';
      this.version.value += 1;
      return;
    }
    this.timer = setTimeout(async () => {
      this.timer = undefined;
      try {
        const found = await load(`/api/sweeps/${this.sweep}/where?expr=${encodeURIComponent(expression)}`);
        if (number !== this.asked) return;
        this.matched = new Set(found);
        this.wrong.value = '';
      } catch (error) {
        if (number !== this.asked) return;
        this.wrong.value = error instanceof Refusal ? [error.message, error.hint].filter(Boolean).join('\n') : '';
      }
      this.version.value += 1;
    }, after);
  }

  /** @param {string} name @param {Brush | null} brush */
  brush(name, brush) {
    const next = { ...this.brushes.value };
    if (brush === null) delete next[name];
    else next[name] = brush;
    this.brushes.value = next;
  }

  clear() {
    this.expression.value = '';
    this.brushes.value = {};
  }

  /** Whether anything is left out. */
  get active() {
    return this.matched !== null || Object.keys(this.brushes.value).length > 0;
  }

  /** Which trials are selected: a place each, 1 or 0. @returns {Uint8Array} */
  mask() {
    void this.version.value;
    const { trials, matched, made } = this;
    const brushes = this.brushes.value;
    if (made && made.revision === trials.revision && made.matched === matched && made.brushes === brushes) return made.mask;
    const mask = new Uint8Array(trials.length).fill(1);
    if (matched) for (let at = 0; at < trials.length; at += 1) if (!matched.has(trials.trial[at])) mask[at] = 0;
    for (const [name, brush] of Object.entries(brushes)) this.leaveOut(mask, name, brush);
    let count = 0;
    for (const one of mask) count += one;
    this.made = { revision: trials.revision, matched, brushes, mask, count };
    return mask;
  }

  /** How many trials are selected. */
  count() {
    this.mask();
    return this.made?.count ?? 0;
  }

  /** Clears the places of trials that a brush leaves out. @param {Uint8Array} mask @param {string} name @param {any[]} brush */
  leaveOut(mask, name, brush) {
    const { trials } = this;
    const column = name === METRIC ? null : trials.column(name);
    if (name !== METRIC && !column) return;
    if (!column?.levels && brush.length === 2 && brush.every((end) => typeof end === 'number')) {
      const { numbers } = column ? trials.facts(column) : trials.metric();
      const [low, high] = brush;
      for (let at = 0; at < mask.length; at += 1) if (!(numbers[at] >= low && numbers[at] <= high)) mask[at] = 0;
      return;
    }
    const values = column ? column.values : trials.value;
    const levels = new Set(brush);
    for (let at = 0; at < mask.length; at += 1) if (!levels.has(values[at])) mask[at] = 0;
  }

  write() {
    // A browser slows down pages that change their address with each frame.
    if (this.dragging.value) return;
    const query = new URLSearchParams(location.search);
    const set = (/** @type {string} */ name, /** @type {string} */ value) => (value ? query.set(name, value) : query.delete(name));
    set('where', this.expression.value);
    const brushes = this.brushes.value;
    set('brush', Object.keys(brushes).length > 0 ? JSON.stringify(brushes) : '');
    set('compare', this.compared.value.join(','));
    const text = query.toString();
    history.replaceState(null, '', text ? `?${text}` : location.pathname);
  }

  /** @param {number} trial */
  toggleCompared(trial) {
    const before = this.compared.value;
    if (before.includes(trial)) this.compared.value = before.filter((one) => one !== trial);
    else this.compared.value = [...before, trial].slice(-5);
  }
}

/** @param {string | null} text */
function readBrushes(text) {
  try {
    const read = JSON.parse(text ?? '{}');
    const good = Object.entries(read).filter(([, brush]) => Array.isArray(brush));
    return Object.fromEntries(good);
  } catch {
    return {};
  }
}

/** @param {string | null} text */
function readList(text) {
  return (text ?? '').split(',').filter((part) => /^\d+$/.test(part)).map(Number).slice(0, 5);
}
