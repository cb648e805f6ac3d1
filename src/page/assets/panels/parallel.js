// Parallel coordinates: an axis a parameter, a line a trial. A drag along an axis selects a range, a click on it lets go, a drag
// of a name moves its axis.

import { ramped, theme } from '../colour.js';
import { el, plain } from '../dom.js';
import { fit, nothing, place, plot } from '../plot.js';
import { banded, numeric, robust, spreads } from '../scale.js';
import { METRIC } from '../selection.js';
import { signal } from '../store.js';
import { ranking } from '../trials.js';
import { PanelElement } from './base.js';
import { summary } from './history.js';

/** Axes that a width has room for. */
const ROOM = 86;
const TOP = 44;
const BOTTOM = 18;
/** How far from an axis a press still means it. */
const GRIP = 22;
/** Colours of lines. */
const BUCKETS = 48;
/** Lines that are left out and still drawn: thousands would take longer than they tell. */
const MOST_FAINT = 1000;
/** Lines that are drawn: with more they hide each other. The best ones always are. */
const MOST_LINES = 3000;
const BEST = 200;
/** Lines while a drag is under way. */
const MOST_DRAGGED = 700;

/** @typedef {{ name: string, title: string, values: any[], scale: import('../scale.js').Scale, x: number, levels: boolean, y?: Float32Array }} Axis */

class ParallelPanel extends PanelElement {
  constructor() {
    super();
    /** Of what the places of lines were computed. */
    this.placed = '';
    this.order = signal(/** @type {string[]} */ ([]));
    /** Where a drag is: an axis with its ends, or a name. @type {{ axis: Axis, from: number, to: number, moves: boolean } | null} */
    this.drag = null;
    /** @type {Axis[]} */
    this.axes = [];
    this.plot = plot(320, 'Parallel coordinates of all parameters and the metric', (context, width, height) => this.draw(context, width, height));
    this.thinned = el('span', { class: 'dim' });
  }

  get heading() {
    return 'Parallel coordinates';
  }

  get wide() {
    return true;
  }

  start() {
    this.body.append(this.plot.element);
    this.tools.append(this.thinned);
    this.watch(() => {
      const { version, selection, head, trials } = this.model;
      void version.value;
      void head.value;
      void selection.hovered.value;
      void this.order.value;
      void selection.dragging.value;
      this.mask = selection.mask();
      this.ranked = ranking(trials, head.value?.metric?.goal ?? null);
      this.plot?.redraw();
    });
    this.listen();
  }

  /** The axes from left to right, the metric last. @param {number} width @param {number} height */
  layOut(width, height) {
    const { trials, head } = this.model;
    const metric = head.value?.metric;
    const columns = trials.varying();
    const order = this.order.value;
    columns.sort((a, b) => (order.indexOf(a.name) + 1 || 999) - (order.indexOf(b.name) + 1 || 999));
    const most = Math.max(Math.floor((width - 60) / ROOM), 2) - (metric ? 1 : 0);
    const shown = columns.slice(0, most);
    const left = columns.length - shown.length;
    this.note.textContent = left > 0 ? `${left} more parameters do not fit: drag the window wider, or move axes` : shown.length > 0 ? 'drag along an axis to select' : '';
    const all = shown.map((column) => ({ name: column.name, title: plain(column.name, 40), values: column.values, column }));
    if (metric) all.push({ name: METRIC, title: plain(metric.name, 40), values: trials.value, column: /** @type {any} */ (null) });
    const gap = (width - 100) / Math.max(all.length - 1, 1);
    const range = /** @type {[number, number]} */ ([height - BOTTOM, TOP]);
    this.axes = all.map((one, place) => {
      const levels = one.column ? trials.levelsOf(one.column) : null;
      const scale = levels ? banded(levels, range) : this.numbers(one.values, one.column?.log, range);
      return { name: one.name, title: one.title, values: one.values, scale, x: all.length === 1 ? width / 2 : 50 + place * gap, levels: levels !== null };
    });
  }

  /** @param {any[]} values @param {boolean | undefined} log @param {[number, number]} range */
  numbers(values, log, range) {
    const finite = values.filter((value) => typeof value === 'number' && Number.isFinite(value));
    const isLog = (log ?? spreads(finite)) && finite.every((value) => value > 0);
    // A parameter's range is shown whole; the metric's without what lies far beyond.
    const domain = log === undefined ? robust(finite, isLog).domain : /** @type {[number, number]} */ (ends(finite));
    return numeric(domain, range, { log: isLog, pad: false, ticks: 5 });
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    this.layOut(width, height);
    if (this.axes.length < 2) {
      nothing(context, width, height, 'There is nothing yet that varies');
      return;
    }
    this.drawLines(context);
    for (const axis of this.axes) this.drawAxis(context, axis, height);
  }

  /** @param {CanvasRenderingContext2D} context */
  drawLines(context) {
    const { trials, selection } = this.model;
    const mask = /** @type {Uint8Array} */ (this.mask);
    const { good, order } = /** @type {{ good: Float32Array, order: number[] }} */ (this.ranked);
    let count = 0;
    for (const one of mask) count += one;
    this.place();
    context.lineWidth = 1;
    if (selection.active) this.drawFaint(context, mask, trials.length - count);
    // Lines of nearly the same rank are one stroke: ten thousand strokes would take ten times as long.
    const alpha = Math.min(Math.max(14 / Math.sqrt(count), 0.1), 0.85);
    let bucket = -2;
    let number = 0;
    const every = Math.max(Math.ceil(count / (selection.dragging.value ? MOST_DRAGGED : MOST_LINES)), 1);
    this.thinned.textContent = every > 1 && !selection.dragging.value ? `every ${every}th line is drawn, and the best ${BEST}` : '';
    for (const at of order) {
      number += mask[at];
      if (!mask[at] || (number % every !== 0 && number <= count - BEST) || (good[at] < 0 && trials.state[at] !== 'X')) continue;
      const next = good[at] < 0 ? -1 : Math.floor(good[at] * BUCKETS);
      if (next !== bucket) {
        if (bucket > -2) context.stroke();
        context.beginPath();
        // The better, the plainer.
        context.globalAlpha = next < 0 ? alpha : alpha * (0.35 + 0.65 * good[at] ** 2);
        context.strokeStyle = next < 0 ? theme().bad : ramped(good[at]);
        bucket = next;
      }
      this.path(context, at);
    }
    if (bucket > -2) context.stroke();
    const hovered = selection.hovered.value;
    const at = hovered === null ? undefined : trials.place.get(hovered);
    if (at !== undefined) {
      context.globalAlpha = 1;
      context.lineWidth = 3;
      context.strokeStyle = theme().ink;
      context.beginPath();
      this.path(context, at);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** Some of the trials that are left out. @param {CanvasRenderingContext2D} context @param {Uint8Array} mask @param {number} count */
  drawFaint(context, mask, count) {
    const every = Math.max(Math.ceil(count / MOST_FAINT), 1);
    let skipped = 0;
    context.globalAlpha = 0.25;
    context.strokeStyle = theme()['muted-mark'];
    context.beginPath();
    for (let at = 0; at < mask.length; at += 1) {
      if (mask[at]) continue;
      skipped += 1;
      if (skipped % every === 0) this.path(context, at);
    }
    context.stroke();
  }

  /** Computes where each trial crosses each axis, unless that is known. */
  place() {
    const { trials } = this.model;
    const key = `${trials.revision} ${this.axes.map((axis) => `${axis.name} ${axis.x}`).join(' ')} ${/** @type {any} */ (this.plot).size().height}`;
    if (key === this.placed) return;
    this.placed = key;
    for (const axis of this.axes) {
      axis.y = new Float32Array(trials.length);
      for (let at = 0; at < trials.length; at += 1) axis.y[at] = this.y(axis, at);
    }
    this.ys = this.axes.map((axis) => /** @type {Float32Array} */ (axis.y));
  }

  /** The line of a trial, with gaps where it has no value. @param {CanvasRenderingContext2D} context @param {number} at */
  path(context, at) {
    const ys = /** @type {Float32Array[]} */ (this.ys);
    let drawn = false;
    for (let place = 0; place < ys.length; place += 1) {
      const y = ys[place][at];
      if (y !== y) {
        drawn = false;
        continue;
      }
      if (drawn) context.lineTo(this.axes[place].x, y);
      else context.moveTo(this.axes[place].x, y);
      drawn = true;
    }
  }

  /** @param {Axis} axis @param {number} at */
  y(axis, at) {
    const value = axis.values[at];
    if (value === null || value === undefined) return NaN;
    const y = axis.scale.at(value);
    const { height } = /** @type {import('../plot.js').Plot} */ (this.plot).size();
    return Number.isNaN(y) ? NaN : Math.min(Math.max(y, TOP), height - BOTTOM);
  }

  /** @param {CanvasRenderingContext2D} context @param {Axis} axis @param {number} height */
  drawAxis(context, axis, height) {
    const colours = theme();
    context.strokeStyle = colours.faint;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(axis.x + 0.5, TOP);
    context.lineTo(axis.x + 0.5, height - BOTTOM);
    context.stroke();
    context.textAlign = 'center';
    context.textBaseline = 'bottom';
    context.fillStyle = colours.ink;
    context.font = '600 11px system-ui, sans-serif';
    context.fillText(fit(context, axis.title, ROOM - 8), axis.x, TOP - 12);
    context.font = '11px system-ui, sans-serif';
    this.drawBrush(context, axis);
    context.textBaseline = 'middle';
    context.textAlign = axis === this.axes[this.axes.length - 1] ? 'right' : 'left';
    const side = context.textAlign === 'right' ? -5 : 5;
    let last = Infinity;
    for (const tick of axis.scale.ticks) {
      const y = axis.scale.at(tick.value);
      if (Math.abs(last - y) < 13) continue;
      last = y;
      const label = fit(context, tick.label, ROOM - 14);
      const wide = context.measureText(label).width;
      context.globalAlpha = 0.82;
      context.fillStyle = colours.panel;
      context.fillRect(side < 0 ? axis.x + side - wide - 2 : axis.x + side - 2, y - 7, wide + 4, 14);
      context.globalAlpha = 1;
      context.fillStyle = colours.ink;
      context.fillText(label, axis.x + side, y);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Axis} axis */
  drawBrush(context, axis) {
    const brush = this.model.selection.brushes.value[axis.name];
    /** @type {[number, number][]} */
    let spans = [];
    if (this.drag && !this.drag.moves && this.drag.axis.name === axis.name) spans = [[this.drag.from, this.drag.to]];
    else if (brush && axis.levels) {
      const half = axis.scale.ticks.length > 1 ? Math.abs(axis.scale.at(axis.scale.ticks[0].value) - axis.scale.at(axis.scale.ticks[1].value)) / 2 : 10;
      spans = brush.map((/** @type {any} */ level) => [axis.scale.at(level) - half, axis.scale.at(level) + half]);
    } else if (brush) spans = [[axis.scale.at(brush[0]), axis.scale.at(brush[1])]];
    context.fillStyle = theme().accent;
    for (const [from, to] of spans) {
      context.globalAlpha = 0.3;
      context.fillRect(axis.x - 8, Math.min(from, to), 16, Math.abs(to - from));
      context.globalAlpha = 1;
      context.fillRect(axis.x - 8, Math.min(from, to) - 1, 16, 2);
      context.fillRect(axis.x - 8, Math.max(from, to) - 1, 16, 2);
    }
  }

  /** @param {number} x */
  axisAt(x) {
    const near = [...this.axes].sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x))[0];
    return near && Math.abs(near.x - x) < GRIP ? near : null;
  }

  listen() {
    const { canvas, tip, redraw, size } = /** @type {import('../plot.js').Plot} */ (this.plot);
    canvas.addEventListener('pointerdown', (event) => {
      const { x, y } = place(event, canvas);
      const axis = this.axisAt(x);
      if (!axis) return;
      this.drag = { axis, from: y, to: y, moves: y < TOP - 8 };
      this.model.selection.dragging.value = true;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      const { x, y } = place(event, canvas);
      if (this.drag) {
        if (this.drag.moves) this.move(this.drag.axis, x);
        else {
          this.drag.to = Math.min(Math.max(y, TOP), size().height - BOTTOM);
          this.apply(this.drag);
        }
        redraw();
        return;
      }
      const axis = this.axisAt(x);
      canvas.style.cursor = axis ? (y < TOP - 8 ? 'grab' : 'ns-resize') : 'default';
      const at = this.nearest(x, y);
      this.model.selection.hovered.value = at === null ? null : this.model.trials.trial[at];
      tip(x, y, at === null ? null : summary(this.model, at));
    });
    canvas.addEventListener('pointerup', () => {
      if (this.drag && !this.drag.moves && Math.abs(this.drag.to - this.drag.from) < 4) this.model.selection.brush(this.drag.axis.name, null);
      this.drag = null;
      this.model.selection.dragging.value = false;
      redraw();
    });
    canvas.addEventListener('pointerleave', () => {
      tip(0, 0, null);
      this.model.selection.hovered.value = null;
    });
  }

  /** @param {{ axis: Axis, from: number, to: number }} drag */
  apply(drag) {
    const { axis, from, to } = drag;
    if (Math.abs(to - from) < 4) return;
    const [top, bottom] = [Math.min(from, to), Math.max(from, to)];
    if (axis.levels) {
      const inside = axis.scale.ticks.filter((tick) => axis.scale.at(tick.value) >= top && axis.scale.at(tick.value) <= bottom);
      this.model.selection.brush(axis.name, inside.map((tick) => tick.value));
      return;
    }
    const { height } = /** @type {import('../plot.js').Plot} */ (this.plot).size();
    // The ends of an axis hold what lies beyond them.
    const low = bottom >= height - BOTTOM - 1 ? -Number.MAX_VALUE : axis.scale.invert(bottom);
    const high = top <= TOP + 1 ? Number.MAX_VALUE : axis.scale.invert(top);
    this.model.selection.brush(axis.name, [low, high]);
  }

  /** Moves an axis to where the pointer is. @param {Axis} axis @param {number} x */
  move(axis, x) {
    if (axis.name === METRIC) return;
    const names = this.axes.filter((one) => one.name !== METRIC && one.name !== axis.name);
    const before = names.filter((one) => one.x < x).map((one) => one.name);
    const after = names.filter((one) => one.x >= x).map((one) => one.name);
    this.order.value = [...before, axis.name, ...after];
  }

  /** The trial whose line is nearest to the pointer. @param {number} x @param {number} y */
  nearest(x, y) {
    const right = this.axes.findIndex((axis) => axis.x > x);
    if (right < 1) return null;
    const [a, b] = [this.axes[right - 1], this.axes[right]];
    const share = (x - a.x) / (b.x - a.x);
    const mask = /** @type {Uint8Array} */ (this.mask);
    let found = null;
    let least = 6;
    for (let at = 0; at < mask.length; at += 1) {
      if (!mask[at] || /** @type {any} */ (this.ranked).good[at] < 0) continue;
      const distance = Math.abs(/** @type {any} */ (this.ys)[right - 1][at] * (1 - share) + /** @type {any} */ (this.ys)[right][at] * share - y);
      if (distance < least) [least, found] = [distance, at];
    }
    return found;
  }
}

/** @param {number[]} values @returns {[number, number]} */
function ends(values) {
  if (values.length === 0) return [0, 1];
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

customElements.define('panel-parallel', ParallelPanel);
