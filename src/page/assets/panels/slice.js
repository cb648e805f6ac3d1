// Slices: the metric against each parameter alone, with what the forest expects there.

import { ramped, theme } from '../colour.js';
import { el, fill, plain, quoted } from '../dom.js';
import { axes, place, plot } from '../plot.js';
import { banded, numeric, robust, spreads } from '../scale.js';
import { signal } from '../store.js';
import { goodness } from '../trials.js';
import { PanelElement } from './base.js';
import { summary } from './history.js';

/** Slices that are shown at first. */
const FEW = 6;
/** Dots of one slice: more hide each other. */
const MOST_DOTS = 2000;
/** The same while a drag is under way. */
const MOST_DRAGGED = 500;
/** Values beside each other at most so many get a jitter, so that their dots do not hide each other. */
const MOST_JITTERED = 24;

class SlicePanel extends PanelElement {
  constructor() {
    super();
    this.all = signal(false);
    /** @type {Map<string, Slice>} */
    this.slices = new Map();
    this.grid = el('div', { class: 'slices' });
    this.more = el('button', { class: 'hidden', onclick: () => { this.all.value = !this.all.value; } });
  }

  get heading() {
    return 'Slices';
  }

  get wide() {
    return true;
  }

  start() {
    this.body.append(this.grid);
    this.tools.append(this.more);
    this.watch(() => this.prepare());
  }

  prepare() {
    const { version, selection, trials, head, insight } = this.model;
    void version.value;
    void selection.dragging.value;
    const found = insight.insight.value;
    const metric = head.value?.metric;
    this.classList.toggle('hidden', !metric);
    if (!metric) return;
    const mask = selection.mask();
    const good = goodness(trials, metric.goal);
    const finite = [];
    for (let at = 0; at < trials.length; at += 1) if (mask[at] && good[at] >= 0) finite.push(/** @type {number} */ (trials.value[at]));
    const log = spreads(finite);
    const { domain, outliers } = robust(finite, log);
    this.note.textContent = outliers > 0 ? `${outliers} outliers drawn at the edge` : '';
    // The most important first, as far as that is known.
    const rank = new Map((found?.analysis?.parameters ?? []).map((/** @type {any} */ one, /** @type {number} */ place) => [one.name, place]));
    const columns = trials.varying().sort((a, b) => (rank.get(a.name) ?? 999) - (rank.get(b.name) ?? 999));
    const shown = this.all.value ? columns : columns.slice(0, FEW);
    this.more.classList.toggle('hidden', columns.length <= FEW);
    this.more.textContent = this.all.value ? 'fewer' : `all ${columns.length}`;
    const slices = shown.map((column) => {
      const known = this.slices.get(column.name) ?? new Slice(this.model, column.name);
      this.slices.set(column.name, known);
      const steps = found?.dependence.find((one) => one.name === column.name)?.steps ?? null;
      known.update({ column, mask, good, domain, log, steps, metric: metric.name });
      return known.element;
    });
    const before = [...this.grid.children];
    if (before.length !== slices.length || before.some((one, place) => one !== slices[place])) fill(this.grid, ...slices);
  }
}

class Slice {
  /** @param {import('../sweep.js').Model} model @param {string} name */
  constructor(model, name) {
    this.model = model;
    /** @type {any} */
    this.data = null;
    /** @type {{ x: number, y: number, at: number }[]} */
    this.marks = [];
    this.plot = plot(190, `The metric against ${plain(name, 40)}`, (context, width, height) => this.draw(context, width, height));
    this.element = el('figure', {}, el('figcaption', {}, quoted(name)), this.plot.element);
    const { canvas, tip } = this.plot;
    canvas.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => {
      const { x, y } = place(event, canvas);
      let least = 100;
      let found = null;
      for (const mark of this.marks) {
        const distance = (mark.x - x) ** 2 + (mark.y - y) ** 2;
        if (distance < least) [least, found] = [distance, mark];
      }
      model.selection.hovered.value = found ? model.trials.trial[found.at] : null;
      tip(found?.x ?? 0, found?.y ?? 0, found ? summary(model, found.at) : null);
      canvas.style.cursor = found ? 'pointer' : 'default';
    });
    canvas.addEventListener('pointerleave', () => {
      tip(0, 0, null);
      model.selection.hovered.value = null;
    });
    canvas.addEventListener('click', () => {
      const trial = model.selection.hovered.value;
      if (trial !== null) canvas.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: trial }));
    });
  }

  /** @param {any} data */
  update(data) {
    this.data = data;
    this.plot.redraw();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    const { column, mask, good, domain, log, steps } = this.data;
    const { trials } = this.model;
    const frame = { left: 46, right: width - 8, top: 8, bottom: height - 24 };
    const levels = trials.levelsOf(column);
    const range = /** @type {[number, number]} */ ([frame.left, frame.right]);
    const x = levels ? banded(levels, range) : numeric(extent(column.values), range, { log: column.log, ticks: 4 });
    const y = numeric(domain, [frame.bottom, frame.top], { log, ticks: 4 });
    axes(context, frame, x, y);
    this.marks = [];
    const most = this.model.selection.dragging.value ? MOST_DRAGGED : MOST_DOTS;
    const every = Math.max(Math.ceil(trials.length / most), 1);
    const few = levels ? levels.length : distinct(column.values);
    const spread = few <= MOST_JITTERED ? (frame.right - frame.left) / few / 2.5 : 0;
    const size = trials.length > 1000 ? 3 : 4;
    context.globalAlpha = trials.length > 1000 ? 0.6 : 0.85;
    for (const selected of [0, 1]) {
      for (let at = 0; at < trials.length; at += every) {
        if (mask[at] !== selected || good[at] < 0) continue;
        const value = column.values[at];
        if (value === null || value === undefined) continue;
        // Levels get a fixed jitter, so that trials do not lie on each other.
        const left = x.at(value) + (spread ? (((trials.trial[at] * 2654435761) % 1000) / 1000 - 0.5) * spread : 0);
        const top = Math.min(Math.max(y.at(trials.value[at]), frame.top), frame.bottom);
        if (Number.isNaN(left) || Number.isNaN(top)) continue;
        context.fillStyle = selected ? ramped(good[at]) : theme()['muted-mark'];
        context.fillRect(left - size / 2, top - size / 2, size, size);
        if (selected) this.marks.push({ x: left, y: top, at });
      }
    }
    context.globalAlpha = 1;
    if (steps) this.drawExpected(context, x, y, frame, steps, levels);
  }

  /** @param {CanvasRenderingContext2D} context @param {any} x @param {any} y @param {any} frame @param {[any, number][]} steps @param {any[] | null} levels */
  drawExpected(context, x, y, frame, steps, levels) {
    context.strokeStyle = theme().ink;
    context.lineWidth = 2;
    context.beginPath();
    let drawn = false;
    for (const [value, metric] of steps) {
      const left = x.at(value);
      const top = Math.min(Math.max(y.at(metric), frame.top), frame.bottom);
      if (Number.isNaN(left) || Number.isNaN(top)) continue;
      if (levels) {
        context.moveTo(left - 9, top);
        context.lineTo(left + 9, top);
      } else if (drawn) context.lineTo(left, top);
      else context.moveTo(left, top);
      drawn = true;
    }
    context.stroke();
  }
}

/** How many values there are, as far as that matters. @param {any[]} values */
function distinct(values) {
  const seen = new Set();
  for (const value of values) {
    if (value !== null && value !== undefined) seen.add(value);
    if (seen.size > MOST_JITTERED) break;
  }
  return seen.size;
}

/** @param {any[]} values @returns {[number, number]} */
function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high >= low ? [low, high] : [0, 1];
}

customElements.define('panel-slice', SlicePanel);
