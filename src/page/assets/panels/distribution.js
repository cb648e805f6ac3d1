// The empirical distribution of the values: which share of trials is at least as good; other sweeps of the metric beside it.

import { SERIES, theme } from '../colour.js';
import { el, fill, plain, quoted } from '../dom.js';
import { load } from '../feed.js';
import { counted, number } from '../format.js';
import { axes, nothing, place, plot } from '../plot.js';
import { ascending, numeric, robust, spreads } from '../scale.js';
import { signal } from '../store.js';
import { PanelElement } from './base.js';

/** Sweeps that are laid over this one. */
const MOST = 4;

/** @typedef {{ name: string, colour: string, sorted: Float64Array }} Curve */

class DistributionPanel extends PanelElement {
  constructor() {
    super();
    this.others = signal(readIds());
    this.loaded = signal(0);
    /** @type {Map<string, { name: string, sorted: Float64Array } | null>} */
    this.known = new Map();
    /** @type {{ id: string, name: string, metric: { name: string } | null }[] | null} */
    this.sweeps = null;
    /** @type {Curve[]} */
    this.curves = [];
    this.select = el('select', { 'aria-label': 'Compare with another sweep', onpointerdown: () => this.ask(), onfocus: () => this.ask(), onchange: () => this.add() }, el('option', { value: '', text: 'compare with …' }));
    this.legend = el('div', { class: 'legend' });
    this.plot = plot(230, 'Share of trials that are at least as good, over the value', (context, width, height) => this.draw(context, width, height));
  }

  get heading() {
    return 'Distribution';
  }

  start() {
    this.tools.append(this.select);
    this.body.append(this.plot.element, this.legend);
    this.watchInSight(() => this.prepare());
    const { canvas, tip } = this.plot;
    canvas.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => {
      const { x, y } = place(event, canvas);
      if (this.scale) tip(x, y, this.said(this.scale.invert(x)));
    });
    canvas.addEventListener('pointerleave', () => tip(0, 0, null));
  }

  prepare() {
    const { version, selection, trials, head } = this.model;
    void version.value;
    void this.loaded.value;
    const metric = head.value?.metric;
    this.classList.toggle('hidden', !metric);
    if (!metric) return;
    const mask = selection.mask();
    const { numbers } = trials.metric();
    const counts = mask.map((one, at) => one & Number(trials.counts(at)));
    this.curves = [{ name: head.value.name, colour: theme().accent, sorted: ascending(numbers, counts) }];
    if (selection.active) this.curves.push({ name: 'all trials', colour: theme().faint, sorted: ascending(numbers, mask.map((_, at) => Number(trials.counts(at)))) });
    this.others.value.forEach((id, at) => {
      const found = this.known.get(id);
      if (found) this.curves.push({ ...found, colour: SERIES[at + 1] });
      else if (found === undefined) this.read(id);
    });
    const beside = this.others.value.map((id, at) => this.entry(id, at));
    fill(this.legend, ...(beside.length > 0 ? [swatch(theme().accent), quoted(head.value.name), ' ', ...beside] : []));
    this.plot.redraw();
  }

  /** @param {string} id @param {number} at */
  entry(id, at) {
    const name = this.known.get(id)?.name ?? id.slice(0, 8);
    return el('span', {}, swatch(SERIES[at + 1]), quoted(name), el('button', { class: 'link', 'aria-label': `Leave out ${name}`, onclick: () => this.show(this.others.value.filter((one) => one !== id)) }, '✕'), ' ');
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    const curves = this.curves.filter(({ sorted }) => sorted.length > 0);
    const all = Float64Array.from(curves.flatMap(({ sorted }) => [...sorted])).sort();
    if (all.length === 0) {
      this.scale = null;
      nothing(context, width, height, 'No trial has a value yet');
      return;
    }
    const { metric } = this.model.head.value;
    const log = spreads(all);
    const frame = { left: 46, right: width - 10, top: 26, bottom: height - 36 };
    const x = numeric(robust(all, log).domain, [frame.left, frame.right], { log });
    const y = numeric([0, 1], [frame.bottom, frame.top], { pad: false, ticks: 4 });
    for (const tick of y.ticks) tick.label = `${Math.round(tick.value * 100)} %`;
    axes(context, frame, x, y, { x: plain(metric.name, 40), y: metric.goal === 'maximize' ? 'at least' : 'at most' });
    this.scale = x;
    for (const { sorted, colour } of curves.reverse()) {
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.beginPath();
      let last = -Infinity;
      // A step a pixel is as fine as it can be seen.
      for (let rank = 0; rank < sorted.length; rank += 1) {
        const left = Math.min(Math.max(x.at(sorted[rank]), frame.left), frame.right);
        if (left - last < 0.5 && rank < sorted.length - 1) continue;
        const before = rank / sorted.length;
        context.lineTo(left, y.at(metric.goal === 'maximize' ? 1 - before : before));
        last = left;
      }
      context.lineTo(last, y.at(metric.goal === 'maximize' ? 0 : 1));
      context.stroke();
    }
  }

  /** @param {number} value */
  said(value) {
    const max = this.model.head.value.metric.goal === 'maximize';
    const lines = this.curves.filter(({ sorted }) => sorted.length > 0).map(({ name, sorted }) => {
      const below = sorted.findIndex((one) => one > value);
      const count = below < 0 ? sorted.length : below;
      const share = max ? sorted.length - count : count;
      return `${plain(name, 30)}: ${counted(share)} of ${counted(sorted.length)} (${Math.round((share / sorted.length) * 100)} %)`;
    });
    return [`${max ? '≥' : '≤'} ${number(value, 4)}`, ...lines].join('\n');
  }

  /** Asks which sweeps there are, once somebody may want one. */
  async ask() {
    if (this.sweeps) return;
    this.sweeps = [];
    try {
      const { sweeps } = await load('/api/sweeps');
      const { metric, id } = this.model.head.value;
      const same = sweeps.filter((/** @type {any} */ one) => one.metric?.name === metric.name && one.id !== id);
      this.sweeps = same;
      const options = same.map((/** @type {any} */ one) => el('option', { value: one.id, text: plain(`${one.name} (${one.id.slice(0, 8)})`, 60) }));
      fill(this.select, el('option', { value: '', text: same.length > 0 ? 'compare with …' : 'no other sweep of this metric' }), ...options);
    } catch (error) {
      this.sweeps = null;
      console.warn(error);
    }
  }

  add() {
    const id = this.select.value;
    this.select.value = '';
    if (id && !this.others.value.includes(id)) this.show([...this.others.value, id].slice(-MOST));
  }

  /** @param {string[]} ids */
  show(ids) {
    this.others.value = ids;
    const query = new URLSearchParams(location.search);
    if (ids.length > 0) query.set('beside', ids.join(','));
    else query.delete('beside');
    history.replaceState(null, '', query.size > 0 ? `?${query}` : location.pathname);
  }

  /** @param {string} id */
  async read(id) {
    this.known.set(id, null);
    try {
      const found = await load(`/api/sweeps/${encodeURIComponent(id)}/values`);
      this.known.set(id, { name: found.name, sorted: Float64Array.from(found.values) });
    } catch (error) {
      console.warn(error);
    }
    this.loaded.value += 1;
  }
}

/** @param {string} colour */
function swatch(colour) {
  const mark = el('span', { class: 'mark' });
  mark.style.background = colour;
  return mark;
}

/** The sweeps that the address names. */
function readIds() {
  const ids = new URLSearchParams(location.search).get('beside') ?? '';
  return ids.split(',').filter((id) => /^[0-9a-f]{6,}$/.test(id)).slice(0, MOST);
}

customElements.define('panel-distribution', DistributionPanel);
