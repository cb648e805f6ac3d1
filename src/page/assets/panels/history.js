// History: the value of each trial in the order of their numbers or ends, and the best so far.

import { stateColour, theme } from '../colour.js';
import { plain } from '../dom.js';
import { Dots, packed } from '../dots.js';
import { clock, number, STATES } from '../format.js';
import { axes, nothing, place, plot } from '../plot.js';
import { ascending, numeric, robust, spreads } from '../scale.js';
import { METRIC } from '../selection.js';
import { signal } from '../store.js';
import { choice, PanelElement, toggle } from './base.js';

const REACH = 14;
/** @type {[number, number]} */
const NOWHERE = [0, 1];

class HistoryPanel extends PanelElement {
  constructor() {
    super();
    this.by = signal('trial');
    this.log = signal(/** @type {boolean | null} */ (null));
    this.isLog = signal(false);
    this.plot = plot(260, 'Value of each trial, and the best so far', (context, width, height) => this.draw(context, width, height), (context) => this.drawHovered(context));
    this.dots = new Dots();
    /** @type {import('../dots.js').Marks} */
    this.marks = { x: new Float32Array(), y: new Float32Array(), colour: new Uint32Array() };
    this.domain = NOWHERE;
    /** Of what the places of marks were computed. */
    this.placed = '';
    /** Places of trials whose values count, from left to right. @type {number[]} */
    this.inOrder = [];
    this.any = false;
  }

  get heading() {
    return 'History';
  }

  get wide() {
    return true;
  }

  start() {
    this.body.append(this.plot.element);
    const logState = {
      get value() { return logOf.isLog.value; },
      set value(on) { logOf.log.value = on; },
    };
    const logOf = this;
    this.tools.append(choice('Order by', [['trial', 'by number'], ['time', 'by time']], this.by), toggle('log', logState, 'Logarithmic scale'));
    this.watch(() => {
      const { version, selection, head } = this.model;
      void version.value;
      void head.value;
      void this.by.value;
      this.mask = selection.mask();
      // While a drag is under way the scale stays as it is.
      if (!selection.dragging.value) this.prepare();
      this.plot?.redraw();
    });
    this.watch(() => {
      void this.model.selection.hovered.value;
      this.plot?.redrawOver();
    });
    this.listen();
  }

  prepare() {
    const { trials } = this.model;
    const mask = /** @type {Uint8Array} */ (this.mask);
    const values = ascending(trials.metric().numbers, mask);
    let invalid = 0;
    for (let at = 0; at < trials.length; at += 1) {
      const value = trials.value[at];
      if (value !== null && mask[at] && !Number.isFinite(value)) invalid += 1;
    }
    this.isLog.value = this.log.value ?? spreads(values);
    const { domain, outliers } = robust(values, this.isLog.value);
    this.domain = domain;
    this.any = values.length > 0;
    const notes = [outliers > 0 && `${outliers} outliers drawn at the edge`, invalid > 0 && `${invalid} not a number`];
    this.note.textContent = notes.filter(Boolean).join(' · ');
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    const { trials, head } = this.model;
    if (!this.any) {
      this.marks.y = this.marks.y.fill(NaN);
      this.placed = '';
      nothing(context, width, height, head.value?.metric ? 'No trial has a value yet' : 'The sweep names no metric');
      return;
    }
    const mask = /** @type {Uint8Array} */ (this.mask);
    const frame = { left: 58, right: width - 10, top: 18, bottom: height - 36 };
    const byTime = this.by.value === 'time';
    this.placeMarks(frame, byTime);
    const { x, y } = /** @type {{ x: import('../scale.js').Scale, y: import('../scale.js').Scale }} */ (this.scales);
    axes(context, frame, x, y, { x: byTime ? 'end' : 'trial', y: plain(head.value.metric.name, 60) });
    const many = trials.length > 3000;
    this.dots.draw(context, this.marks, { mask, out: packed(theme()['muted-mark']), size: many ? 2 : trials.length > 500 ? 3 : 5, alpha: many ? 0.6 : 0.85 });
    this.drawBest(context, frame, mask);
  }

  /** Computes where each trial is drawn, unless that is known. @param {import('../plot.js').Frame} frame @param {boolean} byTime */
  placeMarks(frame, byTime) {
    const { trials } = this.model;
    const key = JSON.stringify([trials.revision, frame, byTime, this.domain, this.isLog.value, theme().dark]);
    if (key === this.placed) return;
    this.placed = key;
    const count = trials.length;
    const { numbers } = trials.metric();
    const where = new Float64Array(count);
    let [first, last] = [Infinity, -Infinity];
    for (let at = 0; at < count; at += 1) {
      where[at] = trials.start[at] ? (byTime ? trials.end[at] ?? trials.start[at] : trials.trial[at]) : NaN;
      if (where[at] < first) first = where[at];
      if (where[at] > last) last = where[at];
    }
    const x = numeric([first, last], [frame.left, frame.right], { ticks: 8 });
    if (byTime) for (const tick of x.ticks) tick.label = clock(tick.value);
    const y = numeric(this.domain, [frame.bottom, frame.top], { log: this.isLog.value });
    this.scales = { x, y };
    this.marks = { x: new Float32Array(count), y: new Float32Array(count), colour: new Uint32Array(count) };
    const colours = new Map([['F', packed(theme().accent)]]);
    const inOrder = [];
    let sorted = true;
    for (let at = 0; at < count; at += 1) {
      this.marks.x[at] = x.at(where[at]);
      this.marks.y[at] = Math.min(Math.max(y.at(numbers[at]), frame.top), frame.bottom);
      const state = trials.state[at];
      if (!colours.has(state)) colours.set(state, packed(stateColour(state)));
      this.marks.colour[at] = colours.get(state) ?? 0;
      if (!trials.counts(at) || Number.isNaN(numbers[at])) continue;
      sorted &&= inOrder.length === 0 || where[inOrder[inOrder.length - 1]] <= where[at];
      inOrder.push(at);
    }
    this.inOrder = sorted ? inOrder : inOrder.sort((a, b) => where[a] - where[b]);
  }

  /** @param {CanvasRenderingContext2D} context */
  drawHovered(context) {
    const { trials, selection } = this.model;
    const hovered = selection.hovered.value;
    const at = hovered === null ? undefined : trials.place.get(hovered);
    if (at === undefined || !this.mask?.[at] || !(this.marks.y[at] >= 0)) return;
    context.strokeStyle = theme().ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(this.marks.x[at], this.marks.y[at], 6, 0, 7);
    context.stroke();
  }

  /** The best so far, in steps. @param {CanvasRenderingContext2D} context @param {import('../plot.js').Frame} frame @param {Uint8Array} mask */
  drawBest(context, frame, mask) {
    const { trials, head } = this.model;
    const { goal } = head.value.metric;
    // With several metrics or limits the best value so far need not be that of a candidate.
    if (!goal || head.value.metrics?.length > 1 || head.value.limits?.length > 0) return;
    const { numbers } = trials.metric();
    const sign = goal === 'minimize' ? 1 : -1;
    context.strokeStyle = theme().good;
    context.lineWidth = 2;
    context.beginPath();
    let [best, height] = [Infinity, NaN];
    for (const at of this.inOrder) {
      if (!mask[at] || sign * numbers[at] >= best) continue;
      best = sign * numbers[at];
      if (!Number.isNaN(height)) context.lineTo(this.marks.x[at], height);
      height = this.marks.y[at];
      context.lineTo(this.marks.x[at], height);
    }
    if (!Number.isNaN(height)) context.lineTo(frame.right, height);
    context.stroke();
  }

  listen() {
    const { canvas, tip } = /** @type {import('../plot.js').Plot} */ (this.plot);
    const nearest = (/** @type {PointerEvent} */ event) => nearestMark(this.marks, place(event, canvas), REACH, this.mask);
    /** @type {number | null} */
    let pressed = null;
    canvas.addEventListener('pointerdown', (event) => {
      pressed = place(event, canvas).y;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointerup', (event) => {
      const released = place(event, canvas).y;
      if (pressed !== null && Math.abs(released - pressed) > 6 && this.scales) {
        const ends = [this.scales.y.invert(pressed), this.scales.y.invert(released)].sort((a, b) => a - b);
        this.model.selection.brush(METRIC, ends);
      } else {
        const mark = nearest(event);
        if (mark !== null) this.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: this.model.trials.trial[mark] }));
        else this.model.selection.brush(METRIC, null);
      }
      pressed = null;
    });
    canvas.addEventListener('pointermove', (event) => {
      const mark = pressed === null ? nearest(event) : null;
      this.model.selection.hovered.value = mark === null ? null : this.model.trials.trial[mark];
      if (mark === null) tip(0, 0, null);
      else tip(this.marks.x[mark], this.marks.y[mark], summary(this.model, mark));
      canvas.style.cursor = mark === null ? 'crosshair' : 'pointer';
    });
    canvas.addEventListener('pointerleave', () => {
      tip(0, 0, null);
      this.model.selection.hovered.value = null;
    });
  }
}

/**
 * The place of the mark that is nearest to a point, within a reach.
 * @param {{ x: Float32Array, y: Float32Array }} marks
 * @param {{ x: number, y: number }} pointer
 * @param {number} reach
 * @param {Uint8Array | undefined} mask
 */
export function nearestMark(marks, pointer, reach, mask) {
  let found = null;
  let least = reach * reach;
  for (let at = 0; at < marks.x.length; at += 1) {
    if (!mask?.[at]) continue;
    const distance = (marks.x[at] - pointer.x) ** 2 + (marks.y[at] - pointer.y) ** 2;
    if (distance < least) [least, found] = [distance, at];
  }
  return found;
}

/**
 * A trial in a few lines.
 * @param {import('../sweep.js').Model} model
 * @param {number} at
 */
export function summary(model, at) {
  const { trials } = model;
  const lines = [`trial ${trials.trial[at]}, ${STATES[trials.state[at]] ?? ''}`];
  const { metric } = model.head.value;
  if (metric && trials.value[at] !== null) lines.push(`${plain(metric.name, 30)}  ${number(trials.value[at], 6)}`);
  for (const column of trials.columns.slice(0, 12)) {
    const value = column.values[at];
    if (value !== null && value !== undefined) lines.push(`${plain(column.name, 30)}  ${plain(number(value), 40)}`);
  }
  if (trials.columns.length > 12) lines.push(`… ${trials.columns.length - 12} more`);
  return lines.join('\n');
}

customElements.define('panel-history', HistoryPanel);
