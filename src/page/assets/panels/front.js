// Front: two of several metrics against each other, the trials that no other one beats in all of them, and a list to choose from.

import { theme } from '../colour.js';
import { el, fill, plain } from '../dom.js';
import { Dots, packed } from '../dots.js';
import { number, plural } from '../format.js';
import { axes, nothing, place, plot } from '../plot.js';
import { ascending, numeric, robust, spreads } from '../scale.js';
import { signal } from '../store.js';
import { choice, PanelElement } from './base.js';
import { nearestMark } from './history.js';

const REACH = 14;
/** Rows of the list. */
const MOST_ROWS = 60;

/** @typedef {{ name: string, goal: string, numbers: Float64Array }} Objective */

class FrontPanel extends PanelElement {
  constructor() {
    super();
    this.across = signal('0');
    this.up = signal('1');
    this.plot = plot(320, 'Trials by two metrics, and the front of those that no other one beats', (context, width, height) => this.draw(context, width, height), (context) => this.drawHovered(context));
    this.dots = new Dots();
    /** @type {import('../dots.js').Marks} */
    this.marks = { x: new Float32Array(), y: new Float32Array(), colour: new Uint32Array() };
    this.list = el('div', { class: 'scroll' });
    /** The metrics for which choices are shown. */
    this.offered = '';
    /** @type {Objective[]} */
    this.objectives = [];
  }

  get heading() {
    return 'Front';
  }

  get wide() {
    return true;
  }

  start() {
    fill(this.body, this.plot.element, this.list);
    this.list.style.maxHeight = '220px';
    this.watch(() => {
      const { version, selection, head } = this.model;
      void version.value;
      void this.across.value;
      void this.up.value;
      const front = head.value?.front;
      this.classList.toggle('hidden', !front);
      if (!front) return;
      this.mask = selection.mask();
      this.objectives = objectives(this.model);
      this.offer(head.value.metrics.map((/** @type {{ name: string }} */ metric) => metric.name));
      const { candidates, trials } = front;
      this.note.textContent = candidates > 0 ? `${trials.length} of ${plural(candidates, 'trial')} that no other one beats` : '';
      this.fillList();
      this.plot.redraw();
    });
    this.watch(() => {
      void this.model.selection.hovered.value;
      this.plot.redrawOver();
    });
    this.listen();
  }

  /** Lets the reader choose two of more than two metrics. @param {string[]} names */
  offer(names) {
    const key = JSON.stringify(names);
    if (key === this.offered) return;
    this.offered = key;
    /** @type {[string, string][]} */
    const choices = names.map((name, at) => [String(at), plain(name, 24)]);
    fill(this.tools, ...(names.length > 2 ? [choice('Metric across', choices, this.across), choice('Metric upwards', choices, this.up)] : []));
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    const front = this.model.head.value?.front;
    const [across, up] = [this.objectives[Number(this.across.now)], this.objectives[Number(this.up.now)]];
    if (!front || front.candidates === 0 || !across || !up) {
      this.marks = { x: new Float32Array(), y: new Float32Array(), colour: new Uint32Array() };
      nothing(context, width, height, 'No trial has a number for each metric within the limits yet');
      return;
    }
    const frame = { left: 58, right: width - 12, top: 18, bottom: height - 36 };
    const mask = /** @type {Uint8Array} */ (this.mask);
    const scaleOf = (/** @type {Objective} */ one, /** @type {[number, number]} */ range, /** @type {number} */ ticks) => {
      const values = ascending(one.numbers, mask);
      const log = spreads(values);
      return numeric(values.length > 0 ? robust(values, log).domain : [0, 1], range, { log, ticks });
    };
    const x = scaleOf(across, [frame.left, frame.right], 8);
    const y = scaleOf(up, [frame.bottom, frame.top], 5);
    axes(context, frame, x, y, { x: title(across), y: title(up) });
    this.placeMarks(frame, across, up, x, y, new Set(front.trials));
    const many = this.marks.x.length > 3000;
    this.dots.draw(context, this.marks, { mask, out: packed(theme().grid), size: many ? 2 : 5, alpha: 0.85 });
    this.drawFront(context, front, mask);
  }

  /**
   * @param {import('../plot.js').Frame} frame
   * @param {Objective} across
   * @param {Objective} up
   * @param {import('../scale.js').Scale} x
   * @param {import('../scale.js').Scale} y
   * @param {Set<number>} front
   */
  placeMarks(frame, across, up, x, y, front) {
    const { trials } = this.model;
    const count = trials.length;
    const inside = (/** @type {number} */ at, /** @type {number} */ low, /** @type {number} */ high) => Math.min(Math.max(at, low), high);
    this.marks = { x: new Float32Array(count), y: new Float32Array(count), colour: new Uint32Array(count) };
    const [onFront, other] = [packed(theme().accent), packed(theme()['muted-mark'])];
    for (let at = 0; at < count; at += 1) {
      const shown = trials.counts(at);
      this.marks.x[at] = shown ? inside(x.at(across.numbers[at]), frame.left, frame.right) : NaN;
      this.marks.y[at] = shown ? inside(y.at(up.numbers[at]), frame.top, frame.bottom) : NaN;
      this.marks.colour[at] = front.has(trials.trial[at]) ? onFront : other;
    }
  }

  /** What is known to be within reach, in steps where there are two metrics; and its trials, larger. @param {CanvasRenderingContext2D} context @param {{ trials: number[], knee: number }} front @param {Uint8Array} mask */
  drawFront(context, front, mask) {
    const { trials } = this.model;
    const places = front.trials.map((trial) => trials.place.get(trial)).filter((at) => at !== undefined);
    const colours = theme();
    if (this.objectives.length === 2 && this.across.now !== this.up.now) {
      context.strokeStyle = colours.accent;
      context.lineWidth = 1.5;
      context.beginPath();
      places.forEach((at, order) => {
        if (order > 0) context.lineTo(this.marks.x[at], this.marks.y[places[order - 1]]);
        context.lineTo(this.marks.x[at], this.marks.y[at]);
      });
      context.stroke();
    }
    for (const at of places) {
      context.fillStyle = mask[at] ? colours.accent : colours.grid;
      context.beginPath();
      context.arc(this.marks.x[at], this.marks.y[at], trials.trial[at] === front.knee ? 6 : 4, 0, 7);
      context.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} context */
  drawHovered(context) {
    const { trials, selection } = this.model;
    const hovered = selection.hovered.value;
    const at = hovered === null ? undefined : trials.place.get(hovered);
    if (at === undefined || !(this.marks.y[at] >= 0)) return;
    context.strokeStyle = theme().ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(this.marks.x[at], this.marks.y[at], 7, 0, 7);
    context.stroke();
  }

  /** The trials of the front with their values; a click opens one. */
  fillList() {
    const { trials, head, selection } = this.model;
    const { front } = head.value;
    const rows = front.trials.slice(0, MOST_ROWS).map((/** @type {number} */ trial) => {
      const at = trials.place.get(trial);
      if (at === undefined) return null;
      const open = el('button', { class: 'link', onclick: () => this.open(at) }, `trial ${trial}`);
      const cells = this.objectives.map(({ numbers }) => el('td', { class: 'num', text: number(numbers[at], 6) }));
      const compare = el('button', { class: 'link', onclick: () => selection.toggleCompared(trial) }, 'compare');
      return el('tr', { class: this.mask?.[at] ? '' : 'out', onpointerenter: () => { selection.hovered.value = trial; }, onpointerleave: () => { selection.hovered.value = null; } }, el('td', {}, open, trial === front.knee ? ' (knee)' : null), ...cells, el('td', {}, compare));
    });
    const names = this.objectives.map((one) => el('th', { class: 'num', text: title(one) }));
    const more = front.trials.length > MOST_ROWS ? el('p', { class: 'dim' }, `… ${front.trials.length - MOST_ROWS} more`) : null;
    this.list.classList.toggle('hidden', rows.length === 0);
    fill(this.list, el('table', {}, el('thead', {}, el('tr', {}, el('th', { text: 'Trial' }), ...names, el('th'))), el('tbody', {}, ...rows)), more);
  }

  /** @param {number} at */
  open(at) {
    this.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: this.model.trials.trial[at] }));
  }

  listen() {
    const { canvas, tip } = this.plot;
    const nearest = (/** @type {PointerEvent} */ event) => nearestMark(this.marks, place(event, canvas), REACH, this.mask);
    canvas.addEventListener('pointerup', (event) => {
      const mark = nearest(event);
      if (mark !== null) this.open(mark);
    });
    canvas.addEventListener('pointermove', (event) => {
      const mark = nearest(event);
      this.model.selection.hovered.value = mark === null ? null : this.model.trials.trial[mark];
      if (mark === null) tip(0, 0, null);
      else tip(this.marks.x[mark], this.marks.y[mark], this.words(mark));
      canvas.style.cursor = mark === null ? 'default' : 'pointer';
    });
    canvas.addEventListener('pointerleave', () => {
      tip(0, 0, null);
      this.model.selection.hovered.value = null;
    });
  }

  /** A trial and its value of each metric. @param {number} at */
  words(at) {
    const values = this.objectives.map((one) => `${plain(one.name, 30)}  ${number(one.numbers[at], 6)}`);
    return [`trial ${this.model.trials.trial[at]}`, ...values].join('\n');
  }
}

/** The metrics of a sweep, each with a number a trial; NaN where it has none. @param {import('../sweep.js').Model} model @returns {Objective[]} */
function objectives({ trials, head }) {
  return (head.value.metrics ?? []).map((/** @type {{ name: string, goal: string }} */ metric, /** @type {number} */ place) => {
    const values = place === 0 ? trials.value : trials.beside[place - 1] ?? [];
    const numbers = new Float64Array(trials.length);
    for (let at = 0; at < numbers.length; at += 1) {
      const value = values[at];
      numbers[at] = value === null || value === undefined || !Number.isFinite(value) ? NaN : value;
    }
    return { ...metric, numbers };
  });
}

/** @param {Objective} one */
function title(one) {
  return `${plain(one.name, 40)}, ${one.goal}`;
}

customElements.define('panel-front', FrontPanel);
