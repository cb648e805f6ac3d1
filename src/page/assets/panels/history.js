// History: the value of each trial in the order of their numbers or ends, and the best so far.

import { stateColour, theme } from '../colour.js';
import { plain } from '../dom.js';
import { clock, number, STATES } from '../format.js';
import { axes, nothing, place, plot } from '../plot.js';
import { numeric, robust, spreads } from '../scale.js';
import { METRIC } from '../selection.js';
import { signal } from '../store.js';
import { choice, PanelElement, toggle } from './base.js';

const REACH = 14;
/** Marks while a drag is under way. */
const MOST_DRAGGED = 2500;

class HistoryPanel extends PanelElement {
  constructor() {
    super();
    this.by = signal('trial');
    this.log = signal(/** @type {boolean | null} */ (null));
    this.isLog = signal(false);
    this.plot = plot(260, 'Value of each trial, and the best so far', (context, width, height) => this.draw(context, width, height));
    /** @type {{ x: number, y: number, at: number }[]} */
    this.marks = [];
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
      void selection.hovered.value;
      void this.by.value;
      void selection.dragging.value;
      this.mask = selection.mask();
      this.prepare();
      this.plot?.redraw();
    });
    this.listen();
  }

  prepare() {
    const { trials } = this.model;
    const mask = /** @type {Uint8Array} */ (this.mask);
    const values = [];
    let invalid = 0;
    for (let at = 0; at < trials.length; at += 1) {
      const value = trials.value[at];
      if (value === null || !mask[at]) continue;
      if (Number.isFinite(value)) values.push(value);
      else invalid += 1;
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
    const { trials, selection, head } = this.model;
    this.marks = [];
    if (!this.any || !this.domain) {
      nothing(context, width, height, head.value?.metric ? 'No trial has a value yet' : 'The sweep names no metric');
      return;
    }
    const mask = /** @type {Uint8Array} */ (this.mask);
    const frame = { left: 58, right: width - 10, top: 18, bottom: height - 36 };
    const byTime = this.by.value === 'time';
    const where = (/** @type {number} */ at) => (byTime ? trials.end[at] ?? trials.start[at] : trials.trial[at]);
    let [first, last] = [Infinity, -Infinity];
    for (let at = 0; at < trials.length; at += 1) {
      if (!trials.start[at]) continue;
      const x = where(at);
      first = Math.min(first, x);
      last = Math.max(last, x);
    }
    const x = numeric([first, last], [frame.left, frame.right], { ticks: 8 });
    if (byTime) for (const tick of x.ticks) tick.label = clock(tick.value);
    const y = numeric(this.domain, [frame.bottom, frame.top], { log: this.isLog.value });
    axes(context, frame, x, y, { x: byTime ? 'end' : 'trial', y: plain(head.value.metric.name, 60) });
    this.scale = y;
    this.drawMarks(context, frame, x, y, where, mask);
    this.drawBest(context, frame, x, y, where, mask);
    const hovered = selection.hovered.value;
    const mark = hovered === null ? null : this.marks.find((one) => trials.trial[one.at] === hovered);
    if (mark) {
      context.strokeStyle = theme().ink;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(mark.x, mark.y, 6, 0, 7);
      context.stroke();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {any} frame @param {any} x @param {any} y @param {(at: number) => number} where @param {Uint8Array} mask */
  drawMarks(context, frame, x, y, where, mask) {
    const { trials } = this.model;
    const size = trials.length > 3000 ? 2 : trials.length > 500 ? 3 : 5;
    context.globalAlpha = trials.length > 3000 ? 0.6 : 0.85;
    const [finished, out] = [theme().accent, theme()['muted-mark']];
    let last = '';
    const every = this.model.selection.dragging.value ? Math.max(Math.ceil(trials.length / MOST_DRAGGED), 1) : 1;
    for (const selected of [0, 1]) {
      for (let at = 0; at < trials.length; at += every) {
        const value = trials.value[at];
        if (mask[at] !== selected || value === null || !Number.isFinite(value)) continue;
        const top = Math.min(Math.max(y.at(value), frame.top), frame.bottom);
        if (Number.isNaN(top)) continue;
        const left = x.at(where(at));
        const colour = selected ? (trials.state[at] === 'F' ? finished : stateColour(trials.state[at])) : out;
        if (colour !== last) {
          context.fillStyle = colour;
          last = colour;
        }
        context.fillRect(left - size / 2, top - size / 2, size, size);
        if (selected) this.marks.push({ x: left, y: top, at });
      }
    }
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {any} frame @param {any} x @param {any} y @param {(at: number) => number} where @param {Uint8Array} mask */
  drawBest(context, frame, x, y, where, mask) {
    const { trials, head } = this.model;
    const { goal } = head.value.metric;
    if (!goal) return;
    const order = [];
    for (let at = 0; at < trials.length; at += 1) {
      const value = trials.value[at];
      if (mask[at] && trials.counts(at) && value !== null && Number.isFinite(value)) order.push(at);
    }
    order.sort((a, b) => where(a) - where(b));
    context.strokeStyle = theme().good;
    context.lineWidth = 2;
    context.beginPath();
    let best = null;
    for (const at of order) {
      const value = /** @type {number} */ (trials.value[at]);
      if (best !== null && (goal === 'minimize' ? value >= best : value <= best)) continue;
      const left = x.at(where(at));
      if (best === null) context.moveTo(left, Math.min(Math.max(y.at(value), frame.top), frame.bottom));
      else {
        context.lineTo(left, Math.min(Math.max(y.at(best), frame.top), frame.bottom));
        context.lineTo(left, Math.min(Math.max(y.at(value), frame.top), frame.bottom));
      }
      best = value;
    }
    if (best !== null) context.lineTo(frame.right, Math.min(Math.max(y.at(best), frame.top), frame.bottom));
    context.stroke();
  }

  listen() {
    const { canvas, tip } = /** @type {import('../plot.js').Plot} */ (this.plot);
    const nearest = (/** @type {PointerEvent} */ event) => {
      const pointer = place(event, canvas);
      let found = null;
      let least = REACH * REACH;
      for (const mark of this.marks ?? []) {
        const distance = (mark.x - pointer.x) ** 2 + (mark.y - pointer.y) ** 2;
        if (distance < least) [least, found] = [distance, mark];
      }
      return found;
    };
    /** @type {number | null} */
    let pressed = null;
    canvas.addEventListener('pointerdown', (event) => {
      pressed = place(event, canvas).y;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointerup', (event) => {
      const released = place(event, canvas).y;
      if (pressed !== null && Math.abs(released - pressed) > 6 && this.scale) {
        const ends = [this.scale.invert(pressed), this.scale.invert(released)].sort((a, b) => a - b);
        this.model.selection.brush(METRIC, ends);
      } else {
        const mark = nearest(event);
        if (mark) this.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: this.model.trials.trial[mark.at] }));
        else this.model.selection.brush(METRIC, null);
      }
      pressed = null;
    });
    canvas.addEventListener('pointermove', (event) => {
      const mark = pressed === null ? nearest(event) : null;
      this.model.selection.hovered.value = mark ? this.model.trials.trial[mark.at] : null;
      if (mark) tip(mark.x, mark.y, summary(this.model, mark.at));
      else tip(0, 0, null);
      canvas.style.cursor = mark ? 'pointer' : 'crosshair';
    });
    canvas.addEventListener('pointerleave', () => {
      tip(0, 0, null);
      this.model.selection.hovered.value = null;
    });
  }
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
