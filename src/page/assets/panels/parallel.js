// Parallel coordinates: an axis a parameter, a line a trial. A drag along an axis selects a range, a click on it lets go, a drag
// of a name moves its axis.

import { ramped, theme } from '../colour.js';
import { el, plain } from '../dom.js';
import { fit, nothing, place, plot } from '../plot.js';
import { ascending, banded, numeric, robust, spreads } from '../scale.js';
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
/** Lines behind those that are selected: thousands would take longer than they tell. */
const MOST_FAINT = 1000;
/** Lines that are drawn: with more they hide each other. The best ones always are. */
const MOST_LINES = 3000;
const BEST = 200;
/** The same while a drag is under way. */
const MOST_DRAGGED = 400;
const BEST_DRAGGED = 60;

/** @typedef {{ value: any, y: number, label: string, wide: number }} TickLabel */
/** @typedef {{ name: string, title: string, values: any[], scale: import('../scale.js').Scale, x: number, levels: boolean, labels: TickLabel[] }} Axis */

class ParallelPanel extends PanelElement {
  constructor() {
    super();
    /** Of what the axes were laid out, and the places of lines computed. */
    this.laidOut = '';
    /** Where each trial crosses each axis. @type {Float32Array[]} */
    this.ys = [];
    /** The lines behind those that are selected, and of what they were drawn. */
    this.behind = { canvas: document.createElement('canvas'), key: '' };
    this.order = signal(/** @type {string[]} */ ([]));
    /** Where a drag is: an axis with its ends, or a name. @type {{ axis: Axis, from: number, to: number, moves: boolean } | null} */
    this.drag = null;
    /** @type {Axis[]} */
    this.axes = [];
    this.plot = plot(320, 'Parallel coordinates of all parameters and the metric', (context, width, height) => this.draw(context, width, height), (context, _, height) => this.drawOver(context, height));
    /** Whether parameters that matter less are shown, too. */
    this.whole = signal(false);
    this.unfold = el('button', { class: 'hidden', onclick: () => { this.whole.value = !this.whole.value; } });
    this.thinned = el('span', { class: 'dim' });
  }

  get heading() {
    return 'Parallel coordinates';
  }

  get wide() {
    return true;
  }

  start() {
    this.body.append(el('div', { class: 'scroll' }, this.plot.element));
    this.tools.append(this.thinned, this.unfold);
    this.watch(() => {
      const { version, selection, head, trials, insight } = this.model;
      void version.value;
      void head.value;
      void this.order.value;
      void this.whole.value;
      void insight.insight.value;
      void selection.dragging.value;
      this.mask = selection.mask();
      this.ranked = ranking(trials, head.value?.metric?.goal ?? null);
      this.plot?.redraw();
    });
    this.watch(() => {
      void this.model.selection.hovered.value;
      this.plot?.redrawOver();
    });
    this.listen();
  }

  /** The parameters that have an axis: all that fit, the most important where they are too many. @param {number} width */
  chosen(width) {
    const { trials, head, insight, selection } = this.model;
    const columns = trials.varying();
    const axes = columns.length + (head.value?.metric ? 1 : 0);
    const { clientWidth } = this.body;
    const fits = Math.max(Math.floor((Math.min(width, clientWidth || width) - 60) / ROOM), 3);
    this.unfold.classList.toggle('hidden', axes <= fits);
    this.unfold.textContent = this.whole.value ? 'the most important' : `all ${columns.length} parameters`;
    this.plot.element.style.width = this.whole.value && axes > fits ? `${60 + axes * ROOM}px` : '';
    if (this.whole.value || axes <= fits) {
      this.note.textContent = columns.length > 0 ? 'drag along an axis to select' : '';
      return columns;
    }
    // What is brushed stays in sight.
    const held = columns.filter(({ name }) => name in selection.brushes.now);
    const others = insight.foremost(columns.filter((column) => !held.includes(column)), Math.max(fits - 1 - held.length, 0));
    this.note.textContent = `${columns.length - held.length - others.length} parameters that matter less are folded`;
    return columns.filter((column) => held.includes(column) || others.includes(column));
  }

  /** The axes from left to right, the metric last. @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  layOut(context, width, height) {
    const { trials, head } = this.model;
    const metric = head.value?.metric;
    const order = this.order.value;
    const columns = this.chosen(width);
    const key = JSON.stringify([trials.revision, width, height, order, metric?.name, columns.map(({ name }) => name)]);
    if (key === this.laidOut) return;
    this.laidOut = key;
    const shown = [...columns].sort((a, b) => (order.indexOf(a.name) + 1 || 999) - (order.indexOf(b.name) + 1 || 999));
    const range = /** @type {[number, number]} */ ([height - BOTTOM, TOP]);
    /** @type {{ name: string, title: string, values: any[], scale: import('../scale.js').Scale, levels: boolean }[]} */
    const all = shown.map((column) => {
      const facts = trials.facts(column);
      const scale = facts.levels ? banded(facts.levels, range) : numbers(facts, column.log, range);
      return { name: column.name, title: column.name, values: column.values, scale, levels: facts.levels !== null };
    });
    if (metric) all.push({ name: METRIC, title: metric.name, values: trials.value, scale: numbers(trials.metric(), null, range), levels: false });
    const gap = (width - 100) / Math.max(all.length - 1, 1);
    this.axes = all.map((one, place) => ({ ...one, title: titled(context, one.title, Math.max(gap, ROOM) - 10), labels: labelled(context, one.scale), x: all.length === 1 ? width / 2 : 50 + place * gap }));
    this.ys = this.axes.map((axis) => crossings(axis, trials, height));
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    this.layOut(context, width, height);
    if (this.axes.length < 2) {
      nothing(context, width, height, 'There is nothing yet that varies');
      return;
    }
    if (this.model.selection.active) this.drawBehind(context);
    this.drawLines(context);
  }

  /** What lies over the lines: the axes, brushes, and the line under the pointer. @param {CanvasRenderingContext2D} context @param {number} height */
  drawOver(context, height) {
    if (this.axes.length < 2) return;
    const { trials, selection } = this.model;
    const hovered = selection.hovered.value;
    const at = hovered === null ? undefined : trials.place.get(hovered);
    if (at !== undefined) {
      context.lineWidth = 3;
      context.strokeStyle = theme().ink;
      context.beginPath();
      this.path(context, at);
      context.stroke();
    }
    for (const axis of this.axes) this.drawAxis(context, axis, height);
  }

  /** @param {CanvasRenderingContext2D} context */
  drawLines(context) {
    const { trials, selection } = this.model;
    const mask = /** @type {Uint8Array} */ (this.mask);
    const { good, order } = /** @type {{ good: Float32Array, order: number[] }} */ (this.ranked);
    const dragging = selection.dragging.value;
    const count = selection.count();
    context.lineWidth = 1;
    // Lines of nearly the same rank are one stroke: ten thousand strokes would take ten times as long.
    const alpha = Math.min(Math.max(14 / Math.sqrt(count), 0.1), 0.85);
    let bucket = -2;
    let number = 0;
    const every = Math.max(Math.ceil(count / (dragging ? MOST_DRAGGED : MOST_LINES)), 1);
    const best = count - (dragging ? BEST_DRAGGED : BEST);
    this.thinned.textContent = every > 1 && !dragging ? `every ${every}th line is drawn, and the best ${BEST}` : '';
    for (const at of order) {
      number += mask[at];
      if (!mask[at] || (number % every !== 0 && number <= best) || (good[at] < 0 && trials.state[at] !== 'X')) continue;
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
    context.globalAlpha = 1;
  }

  /** Some of all trials, faint, behind those that are selected: drawn once, then copied. @param {CanvasRenderingContext2D} context */
  drawBehind(context) {
    const { canvas } = context;
    const { behind } = this;
    const key = `${this.laidOut} ${canvas.width} ${canvas.height} ${theme().dark}`;
    if (key !== behind.key) {
      behind.key = key;
      [behind.canvas.width, behind.canvas.height] = [canvas.width, canvas.height];
      const layer = /** @type {CanvasRenderingContext2D} */ (behind.canvas.getContext('2d'));
      layer.setTransform(context.getTransform());
      layer.globalAlpha = 0.25;
      layer.strokeStyle = theme()['muted-mark'];
      layer.beginPath();
      const every = Math.max(Math.ceil(this.model.trials.length / MOST_FAINT), 1);
      for (let at = 0; at < this.model.trials.length; at += every) this.path(layer, at);
      layer.stroke();
    }
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(behind.canvas, 0, 0);
    context.restore();
  }

  /** The line of a trial, with gaps where it has no value. @param {CanvasRenderingContext2D} context @param {number} at */
  path(context, at) {
    const { ys, axes } = this;
    let drawn = false;
    for (let place = 0; place < ys.length; place += 1) {
      const y = ys[place][at];
      if (y !== y) {
        drawn = false;
        continue;
      }
      if (drawn) context.lineTo(axes[place].x, y);
      else context.moveTo(axes[place].x, y);
      drawn = true;
    }
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
    context.fillText(axis.title, axis.x, TOP - 12);
    context.font = '11px system-ui, sans-serif';
    this.drawBrush(context, axis);
    context.textBaseline = 'middle';
    context.textAlign = axis === this.axes[this.axes.length - 1] ? 'right' : 'left';
    const side = context.textAlign === 'right' ? -5 : 5;
    for (const { y, label, wide } of axis.labels) {
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
      const distance = Math.abs(this.ys[right - 1][at] * (1 - share) + this.ys[right][at] * share - y);
      if (distance < least) [least, found] = [distance, at];
    }
    return found;
  }
}

/**
 * @param {import('../trials.js').ColumnFacts} facts
 * @param {boolean | null} log null: the metric, whose scale is chosen by its values
 * @param {[number, number]} range
 */
function numbers(facts, log, range) {
  const whole = /** @type {[number, number]} */ (facts.high >= facts.low ? [facts.low, facts.high] : [0, 1]);
  // A parameter's range is shown whole; the metric's without what lies far beyond.
  if (log !== null) return numeric(whole, range, { log: log && facts.low > 0, pad: false, ticks: 5 });
  const sorted = ascending(facts.numbers);
  const isLog = spreads(sorted);
  return numeric(robust(sorted, isLog).domain, range, { log: isLog, pad: false, ticks: 5 });
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} width */
function titled(context, text, width) {
  context.font = '600 11px system-ui, sans-serif';
  const shown = fit(context, plain(text, 40), width);
  context.font = '11px system-ui, sans-serif';
  return shown;
}

/** The ticks of an axis that have room. @param {CanvasRenderingContext2D} context @param {import('../scale.js').Scale} scale @returns {TickLabel[]} */
function labelled(context, scale) {
  let last = Infinity;
  const spaced = scale.ticks.filter((tick) => {
    const y = scale.at(tick.value);
    if (Math.abs(last - y) < 13) return false;
    last = y;
    return true;
  });
  return spaced.map(({ value, label }) => {
    const shown = fit(context, label, ROOM - 14);
    return { value, y: scale.at(value), label: shown, wide: context.measureText(shown).width };
  });
}

/** Where each trial crosses an axis; NaN: nowhere. @param {{ scale: import('../scale.js').Scale, values: any[] }} axis @param {import('../trials.js').Trials} trials @param {number} height */
function crossings({ scale, values }, trials, height) {
  const ys = new Float32Array(trials.length);
  for (let at = 0; at < ys.length; at += 1) {
    const value = values[at];
    const y = value === null || value === undefined ? NaN : scale.at(value);
    ys[at] = Number.isNaN(y) ? NaN : Math.min(Math.max(y, TOP), height - BOTTOM);
  }
  return ys;
}

customElements.define('panel-parallel', ParallelPanel);
