// Slices: the metric against each parameter alone, with what the forest expects there.

import { ramped, theme } from '../colour.js';
import { el, fill, plain, quoted } from '../dom.js';
import { Dots, packed } from '../dots.js';
import { axes, place, plot } from '../plot.js';
import { ascending, banded, numeric, robust, spreads } from '../scale.js';
import { signal } from '../store.js';
import { goodness } from '../trials.js';
import { PanelElement } from './base.js';
import { nearestMark, summary } from './history.js';

/** Slices that are shown at first. */
const FEW = 6;
/** Dots of one slice while a drag is under way. */
const MOST_DRAGGED = 3000;
/** How far the pointer may be from a dot. */
const REACH = 10;
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
    // While a drag is under way the slices in sight go along, but their scales stay.
    this.watch(() => {
      void this.model.selection.brushes.value;
      if (this.model.selection.dragging.value && this.inSight) this.prepare();
    });
    this.watchInSight(() => this.prepare());
    this.watch(() => {
      void this.model.selection.hovered.value;
      for (const slice of this.slices.values()) slice.plot.redrawOver();
    });
  }

  prepare() {
    const { version, selection, trials, head, insight } = this.model;
    void version.value;
    const dragging = selection.dragging.value;
    const found = insight.insight.value;
    const metric = head.value?.metric;
    this.classList.toggle('hidden', !metric);
    if (!metric) return;
    const mask = selection.mask();
    const good = goodness(trials, metric.goal);
    if (!dragging || !this.scale) {
      const finite = ascending(trials.metric().numbers, mask);
      const log = spreads(finite);
      const { domain, outliers } = robust(finite, log);
      this.scale = { log, domain };
      this.note.textContent = outliers > 0 ? `${outliers} outliers drawn at the edge` : '';
    }
    const { log, domain } = this.scale;
    // The most important first, as far as that is known.
    const rank = insight.ranks();
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
    this.dots = new Dots();
    /** Of what the places of marks were computed. */
    this.placed = '';
    /** @type {import('../dots.js').Marks} */
    this.marks = { x: new Float32Array(), y: new Float32Array(), colour: new Uint32Array() };
    this.plot = plot(190, `The metric against ${plain(name, 40)}`, (context, width, height) => this.draw(context, width, height), (context) => this.drawHovered(context));
    this.element = el('figure', {}, el('figcaption', {}, quoted(name)), this.plot.element);
    const { canvas, tip } = this.plot;
    canvas.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => {
      const at = nearestMark(this.marks, place(event, canvas), REACH, this.data?.mask);
      model.selection.hovered.value = at === null ? null : model.trials.trial[at];
      if (at === null) tip(0, 0, null);
      else tip(this.marks.x[at], this.marks.y[at], summary(model, at));
      canvas.style.cursor = at === null ? 'default' : 'pointer';
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
    const { column, mask, domain, log, steps } = this.data;
    const { trials, selection } = this.model;
    const frame = { left: 46, right: width - 8, top: 8, bottom: height - 24 };
    const { levels, low, high } = trials.facts(column);
    const range = /** @type {[number, number]} */ ([frame.left, frame.right]);
    const x = levels ? banded(levels, range) : numeric(high >= low ? [low, high] : [0, 1], range, { log: column.log, ticks: 4 });
    const y = numeric(domain, [frame.bottom, frame.top], { log, ticks: 4 });
    axes(context, frame, x, y);
    if (steps) drawBand(context, x, y, frame, steps, levels);
    const key = JSON.stringify([trials.revision, frame, domain, log, theme().dark]);
    if (key !== this.placed) this.placeMarks(frame, x, y);
    this.placed = key;
    const many = trials.length > 1000;
    this.dots.draw(context, this.marks, { mask, out: packed(theme()['muted-mark']), size: many ? 3 : 4, alpha: trials.length > 5000 ? 0.45 : many ? 0.6 : 0.85, every: selection.dragging.value ? Math.max(Math.ceil(trials.length / MOST_DRAGGED), 1) : 1 });
    if (steps) drawExpected(context, x, y, frame, steps, levels);
  }

  /** @param {any} frame @param {import('../scale.js').Scale} x @param {import('../scale.js').Scale} y */
  placeMarks(frame, x, y) {
    const { column, good } = this.data;
    const { trials } = this.model;
    const { numbers } = trials.metric();
    const { levels, distinct } = trials.facts(column);
    const count = trials.length;
    if (this.marks.x.length !== count) this.marks = { x: new Float32Array(count), y: new Float32Array(count), colour: new Uint32Array(count) };
    const { x: left, y: top, colour } = this.marks;
    const few = levels ? levels.length : distinct;
    const spread = few <= MOST_JITTERED ? (frame.right - frame.left) / few / 2.5 : 0;
    for (let at = 0; at < count; at += 1) {
      const value = column.values[at];
      const drawn = good[at] >= 0 && value !== null && value !== undefined;
      // Levels get a fixed jitter, so that trials do not lie on each other.
      left[at] = drawn ? x.at(value) + (spread ? (((trials.trial[at] * 2654435761) % 1000) / 1000 - 0.5) * spread : 0) : NaN;
      top[at] = Math.min(Math.max(y.at(numbers[at]), frame.top), frame.bottom);
      if (drawn) colour[at] = packed(ramped(good[at]));
    }
  }

  /** @param {CanvasRenderingContext2D} context */
  drawHovered(context) {
    const { trials, selection } = this.model;
    const hovered = selection.hovered.value;
    const at = hovered === null ? undefined : trials.place.get(hovered);
    if (at === undefined || !this.data?.mask[at] || !(this.marks.x[at] >= 0)) return;
    context.strokeStyle = theme().ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(this.marks.x[at], this.marks.y[at], 5, 0, 7);
    context.stroke();
  }
}

/** Where the forest's trees disagree: one standard deviation to each side. @param {CanvasRenderingContext2D} context @param {any} x @param {any} y @param {any} frame @param {[any, number, number, number][]} steps @param {any[] | null} levels */
function drawBand(context, x, y, frame, steps, levels) {
  const clamp = (/** @type {number} */ top) => Math.min(Math.max(top, frame.top), frame.bottom);
  const ends = steps.map(([value, , low, high]) => ({ left: x.at(value), top: clamp(y.at(high)), bottom: clamp(y.at(low)) })).filter(({ left, top, bottom }) => !Number.isNaN(left + top + bottom));
  context.fillStyle = theme().accent;
  context.globalAlpha = 0.16;
  if (levels) for (const { left, top, bottom } of ends) context.fillRect(left - 9, top, 18, bottom - top);
  else {
    context.beginPath();
    for (const { left, top } of ends) context.lineTo(left, top);
    for (const { left, bottom } of ends.reverse()) context.lineTo(left, bottom);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** What the forest expects. @param {CanvasRenderingContext2D} context @param {any} x @param {any} y @param {any} frame @param {[any, number, number, number][]} steps @param {any[] | null} levels */
function drawExpected(context, x, y, frame, steps, levels) {
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

customElements.define('panel-slice', SlicePanel);
