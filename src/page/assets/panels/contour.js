// Contours: what the forest expects of two parameters at once, for the pairs whose effects depend on each other most. Without a
// forest the means of the trials in each cell.

import { ramped, theme } from '../colour.js';
import { el, fill, plain, quoted } from '../dom.js';
import { number } from '../format.js';
import { axes, place, plot } from '../plot.js';
import { banded, numeric, robust, spreads } from '../scale.js';
import { numeral } from '../trials.js';
import { PanelElement } from './base.js';

/** Sides of the squares that a surface is painted with, in pixels. */
const GRAIN = 3;
/** Cells of each side where means are shown. */
const CELLS = 8;
/** Steps of the colours. */
const LINES = 7;

/** @typedef {{ names: string[], across: any[], up: any[], rows: (number | null)[][], interaction: number | null }} Surface */

class ContourPanel extends PanelElement {
  constructor() {
    super();
    this.grid = el('div', { class: 'slices' });
    /** @type {Map<string, Contour>} */
    this.contours = new Map();
  }

  get heading() {
    return 'Contours';
  }

  get wide() {
    return true;
  }

  start() {
    this.body.append(this.grid);
    this.watchInSight(() => this.prepare());
  }

  prepare() {
    const { version, head, insight, selection } = this.model;
    void version.value;
    const goal = head.value?.metric?.goal;
    const found = insight.insight.value?.pairs ?? [];
    const surfaces = found.length > 0 ? found : binned(this.model);
    this.classList.toggle('hidden', !goal || surfaces.length === 0);
    if (!goal || surfaces.length === 0) return;
    this.note.textContent = found.length > 0 ? 'what the forest expects, the other parameters as they were; the pairs that depend on each other most' : 'means of the trials in each cell: there are too few trials for a model yet';
    const mask = selection.mask();
    const shown = surfaces.map((/** @type {Surface} */ surface) => {
      const key = surface.names.join('\n');
      const contour = this.contours.get(key) ?? new Contour(this.model, surface.names);
      this.contours.set(key, contour);
      contour.update(surface, mask, goal);
      return contour.element;
    });
    fill(this.grid, ...shown);
  }
}

class Contour {
  /** @param {import('../sweep.js').Model} model @param {string[]} names */
  constructor(model, names) {
    this.model = model;
    /** @type {any} */
    this.data = null;
    this.caption = el('figcaption');
    this.plot = plot(260, `The metric over ${names.map((name) => plain(name, 30)).join(' and ')}`, (context, width, height) => this.draw(context, width, height));
    this.element = el('figure', {}, this.caption, this.plot.element);
    const { canvas, tip } = this.plot;
    canvas.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => {
      const { x, y } = place(event, canvas);
      const value = this.surface?.at(x, y);
      tip(x, y, value === undefined || Number.isNaN(value) ? null : `${plain(model.head.value.metric.name, 30)}  ${number(value, 4)}`);
    });
    canvas.addEventListener('pointerleave', () => tip(0, 0, null));
  }

  /** @param {Surface} surface @param {Uint8Array} mask @param {'minimize' | 'maximize'} goal */
  update(surface, mask, goal) {
    this.data = { surface, mask, goal };
    const joint = surface.interaction === null ? '' : ` · ${Math.round(surface.interaction * 100)} % of the effect is joint`;
    fill(this.caption, quoted(surface.names[0]), ' × ', quoted(surface.names[1]), el('span', { class: 'dim', text: joint }));
    this.plot.redraw();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    const { surface, mask, goal } = this.data;
    const frame = { left: 52, right: width - 64, top: 8, bottom: height - 36 };
    const columns = surface.names.map((/** @type {string} */ name) => this.model.trials.column(name));
    const x = axis(columns[0], surface.across, [frame.left, frame.right]);
    const y = axis(columns[1], surface.up, [frame.bottom, frame.top]);
    const cells = surface.rows.map((/** @type {any[]} */ row) => row.map((cell) => numeral(cell) ?? NaN));
    const values = Float64Array.from(cells.flat().filter((/** @type {number} */ cell) => Number.isFinite(cell))).sort();
    const log = spreads(values);
    const { domain } = robust(values, log);
    const scale = numeric(domain, goal === 'maximize' ? [0, 1] : [1, 0], { log, pad: false, ticks: 4 });
    this.surface = { at: (/** @type {number} */ left, /** @type {number} */ top) => between(cells, places(x, surface.across), places(y, surface.up), left, top, x.kind === 'levels', y.kind === 'levels') };
    axes(context, frame, x, y, { x: plain(surface.names[0], 40) });
    this.paint(context, frame, scale);
    this.drawTrials(context, frame, x, y, columns, mask);
    legend(context, frame, scale, domain);
  }

  /** @param {CanvasRenderingContext2D} context @param {import('../plot.js').Frame} frame @param {import('../scale.js').Scale} scale */
  paint(context, frame, scale) {
    for (let top = frame.top; top < frame.bottom; top += GRAIN) {
      for (let left = frame.left; left < frame.right; left += GRAIN) {
        const value = /** @type {any} */ (this.surface).at(left + GRAIN / 2, top + GRAIN / 2);
        if (Number.isNaN(value)) continue;
        // In steps, so that their edges are the contour lines.
        context.fillStyle = ramped(Math.round(Math.min(Math.max(scale.at(value), 0), 1) * LINES) / LINES);
        context.fillRect(left, top, Math.min(GRAIN, frame.right - left), Math.min(GRAIN, frame.bottom - top));
      }
    }
  }

  /** Where trials were: elsewhere nothing is known. @param {CanvasRenderingContext2D} context @param {import('../plot.js').Frame} frame @param {any} x @param {any} y @param {any[]} columns @param {Uint8Array} mask */
  drawTrials(context, frame, x, y, columns, mask) {
    const every = Math.max(Math.ceil(mask.length / 1000), 1);
    context.fillStyle = theme().ink;
    context.globalAlpha = 0.35;
    for (let at = 0; at < mask.length; at += every) {
      if (!mask[at]) continue;
      const [left, top] = [x.at(columns[0]?.values[at]), y.at(columns[1]?.values[at])];
      if (left >= frame.left && left <= frame.right && top >= frame.top && top <= frame.bottom) context.fillRect(left - 1, top - 1, 2, 2);
    }
    context.globalAlpha = 1;
  }
}

/** The scale of a parameter over the values that were tried. @param {import('../trials.js').Column | null} column @param {any[]} values @param {[number, number]} range */
function axis(column, values, range) {
  if (values.some((value) => typeof value !== 'number') || column?.levels) return banded(values, range);
  return numeric([Math.min(...values), Math.max(...values)], range, { log: column?.log, pad: false, ticks: 4 });
}

/** Where the values of a surface are. @param {import('../scale.js').Scale} scale @param {any[]} values */
function places(scale, values) {
  return values.map((value) => scale.at(value));
}

/** The value of a surface at a point: between its values in proportion, on levels that of the nearest. @param {number[][]} cells @param {number[]} xs @param {number[]} ys @param {number} left @param {number} top @param {boolean} levelsX @param {boolean} levelsY */
function between(cells, xs, ys, left, top, levelsX, levelsY) {
  const [column, right] = share(xs, left, levelsX);
  const [row, down] = share(ys, top, levelsY);
  const cell = (/** @type {number} */ r, /** @type {number} */ c) => cells[Math.min(r, cells.length - 1)]?.[Math.min(c, xs.length - 1)] ?? NaN;
  const upper = right === 0 ? cell(row, column) : cell(row, column) * (1 - right) + cell(row, column + 1) * right;
  if (down === 0) return upper;
  const lower = right === 0 ? cell(row + 1, column) : cell(row + 1, column) * (1 - right) + cell(row + 1, column + 1) * right;
  return upper * (1 - down) + lower * down;
}

/** Between which places a pixel is, and how far from the first to the second. @param {number[]} ends @param {number} at @param {boolean} nearest @returns {[number, number]} */
function share(ends, at, nearest) {
  const sign = ends.length > 1 && ends[1] < ends[0] ? -1 : 1;
  let place = 0;
  while (place < ends.length - 2 && sign * ends[place + 1] <= sign * at) place += 1;
  if (ends.length < 2) return [0, 0];
  const part = Math.min(Math.max((at - ends[place]) / (ends[place + 1] - ends[place]), 0), 1);
  return nearest ? [place + Math.round(part), 0] : [place, part];
}

/** @param {CanvasRenderingContext2D} context @param {import('../plot.js').Frame} frame @param {import('../scale.js').Scale} scale @param {[number, number]} domain */
function legend(context, frame, scale, domain) {
  const left = frame.right + 8;
  const tall = frame.bottom - frame.top;
  for (let step = 0; step <= LINES; step += 1) {
    context.fillStyle = ramped(1 - step / LINES);
    context.fillRect(left, frame.top + (step * tall) / (LINES + 1), 8, tall / (LINES + 1) + 0.5);
  }
  context.fillStyle = theme().dim;
  context.textAlign = 'left';
  const better = scale.at(domain[0]) > scale.at(domain[1]) ? domain : [domain[1], domain[0]];
  context.textBaseline = 'top';
  context.fillText(number(better[0], 3), left + 11, frame.top);
  context.textBaseline = 'bottom';
  context.fillText(number(better[1], 3), left + 11, frame.bottom);
}

/** Means of the trials in each cell, of the first two parameters that vary. @param {import('../sweep.js').Model} model @returns {Surface[]} */
function binned(model) {
  const { trials, selection } = model;
  const [a, b] = trials.varying();
  if (!a || !b || trials.length < 3) return [];
  const mask = selection.mask();
  const { numbers } = trials.metric();
  const [across, up] = [centres(trials, a), centres(trials, b)];
  const sums = up.values.map(() => across.values.map(() => [0, 0]));
  for (let at = 0; at < trials.length; at += 1) {
    const [column, row] = [across.of(a.values[at]), up.of(b.values[at])];
    if (!mask[at] || !trials.counts(at) || Number.isNaN(numbers[at]) || !(column >= 0) || !(row >= 0)) continue;
    sums[row][column][0] += numbers[at];
    sums[row][column][1] += 1;
  }
  if (!sums.flat().some(([, count]) => count > 0)) return [];
  return [{ names: [a.name, b.name], across: across.values, up: up.values, rows: sums.map((row) => row.map(([sum, count]) => (count > 0 ? sum / count : null))), interaction: null }];
}

/** Middles of the cells of an axis, and the cell of a value. @param {import('../trials.js').Trials} trials @param {import('../trials.js').Column} column */
function centres(trials, column) {
  const facts = trials.facts(column);
  const { low, high } = facts;
  const few = facts.distinct <= CELLS ? [...new Set(column.values)].filter((value) => value !== null && value !== undefined).sort((a, b) => a - b) : null;
  const levels = facts.levels ?? few;
  if (levels) return { values: levels, of: (/** @type {any} */ value) => levels.indexOf(value) };
  const scale = numeric([low, high], [0, CELLS], { log: column.log && low > 0, pad: false });
  const values = Array.from({ length: CELLS }, (_, cell) => scale.invert(cell + 0.5));
  return { values, of: (/** @type {any} */ value) => (typeof value === 'number' ? Math.min(Math.floor(scale.at(value)), CELLS - 1) : -1) };
}

customElements.define('panel-contour', ContourPanel);
