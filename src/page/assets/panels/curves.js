// Learning curves: the metric over the steps of the best trials and of those that run.

import { ramped, theme } from '../colour.js';
import { plain } from '../dom.js';
import { load } from '../feed.js';
import { axes, nothing, place, plot } from '../plot.js';
import { ascending, numeric, robust, spreads } from '../scale.js';
import { signal } from '../store.js';
import { numeral, ranking } from '../trials.js';
import { choice, PanelElement } from './base.js';
import { summary } from './history.js';

/** At least so long between two questions for all curves. */
const PAUSE = 5000;
/** Running trials, the latest. */
const MOST_RUNNING = 40;

class CurvesPanel extends PanelElement {
  constructor() {
    super();
    /** Where each curve was drawn. @type {{ at: number, placed: { x: number, y: number }[] }[]} */
    this.curves = [];
    /** @type {Map<number, [number, number][]>} */
    this.read = new Map();
    this.top = signal('20');
    this.loaded = signal(0);
    this.last = -PAUSE;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.plot = plot(250, 'The metric over the steps of the best and the running trials', (context, width, height) => this.draw(context, width, height), (context) => this.drawHovered(context));
  }

  get heading() {
    return 'Learning curves';
  }

  start() {
    this.body.append(this.plot.element);
    this.tools.append(choice('How many', [['5', 'best 5'], ['20', 'best 20'], ['100', 'best 100']], this.top));
    this.watchInSight(() => {
      const { version, selection, head, trials } = this.model;
      void version.value;
      void this.loaded.value;
      void this.top.value;
      const metric = head.value?.metric;
      this.classList.toggle('hidden', !metric);
      if (!metric) return;
      this.mask = selection.mask();
      this.ranked = ranking(trials, metric.goal);
      this.ask();
      this.plot?.redraw();
    });
    this.watch(() => {
      void this.model.selection.hovered.value;
      this.plot?.redrawOver();
    });
    this.listen();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  /** Asks for curves that are not known: of trials that ended before the page was opened. */
  ask() {
    if (this.timer !== undefined) return;
    const missing = this.shown().filter((at) => !this.read.has(this.model.trials.trial[at]));
    if (missing.length === 0) return;
    this.timer = setTimeout(async () => {
      const named = this.shown().map((at) => this.model.trials.trial[at]).filter((trial) => !this.read.has(trial)).slice(0, 50);
      try {
        const found = await load(`/api/sweeps/${this.model.id}/curves?trials=${named.join(',')}`);
        for (const trial of named) this.read.set(trial, []);
        for (const [trial, points] of found) this.read.set(trial, points);
        this.loaded.value += 1;
      } catch (error) {
        console.warn(error);
      } finally {
        this.last = performance.now();
        this.timer = undefined;
      }
    }, this.read.size === 0 ? 0 : Math.max(this.last + PAUSE - performance.now(), 250));
  }

  /** The best trials of the selection, and those that run. */
  shown() {
    const { trials } = this.model;
    const { order, ranked } = /** @type {{ order: number[], ranked: number }} */ (this.ranked);
    const mask = /** @type {Uint8Array} */ (this.mask);
    const most = Number(this.top.value);
    const best = [];
    for (let place = order.length - 1; place >= order.length - ranked && best.length < most; place -= 1) if (mask[order[place]]) best.push(order[place]);
    const running = [];
    for (let at = trials.length - 1; at >= 0 && running.length < MOST_RUNNING; at -= 1) if (mask[at] && trials.state[at] === 'R') running.push(at);
    return [...best, ...running];
  }

  /** What is known of a trial's curve: what was read, then what came since. @param {number} trial @returns {[number, number][]} */
  curve(trial) {
    const read = this.read.get(trial) ?? [];
    const live = this.model.trials.points.get(trial) ?? [];
    const last = read.length > 0 ? read[read.length - 1][0] : -Infinity;
    return [...read, ...live.filter(([step]) => step > last)];
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    const { trials, head } = this.model;
    const curves = this.shown().map((at) => ({ at, points: this.curve(trials.trial[at]).map(([step, value]) => /** @type {[number, number]} */ ([step, numeral(value) ?? NaN])).filter(([, value]) => Number.isFinite(value)) })).filter(({ points }) => points.length > 0);
    this.curves = [];
    const values = ascending(Float64Array.from(curves.flatMap(({ points }) => points.map(([, value]) => value))));
    if (!curves.some(({ points }) => points.length > 1)) {
      nothing(context, width, height, 'No trial has logged several values yet');
      return;
    }
    const frame = { left: 52, right: width - 10, top: 18, bottom: height - 36 };
    let [first, last] = [Infinity, -Infinity];
    for (const { points } of curves) {
      first = Math.min(first, points[0][0]);
      last = Math.max(last, points[points.length - 1][0]);
    }
    const log = spreads(values);
    const { domain } = robust(values, log);
    const x = numeric([first, last], [frame.left, frame.right], { pad: false });
    const y = numeric(domain, [frame.bottom, frame.top], { log });
    axes(context, frame, x, y, { x: 'step', y: plain(head.value.metric.name, 40) });
    const { good } = /** @type {{ good: Float32Array }} */ (this.ranked);
    for (const { at, points } of curves.reverse()) {
      const running = trials.state[at] === 'R';
      context.strokeStyle = running ? theme().accent : ramped(good[at]);
      context.lineWidth = running ? 2 : 1.4;
      context.beginPath();
      const placed = points.map(([step, value]) => ({ x: x.at(step), y: Math.min(Math.max(y.at(value), frame.top), frame.bottom) }));
      placed.forEach((point, place) => (place === 0 ? context.moveTo(point.x, point.y) : context.lineTo(point.x, point.y)));
      context.stroke();
      const end = placed[placed.length - 1];
      if (trials.state[at] === 'S' || running) {
        context.fillStyle = trials.state[at] === 'S' ? theme().warn : theme().accent;
        context.fillRect(end.x - 3, end.y - 3, 6, 6);
      }
      this.curves.push({ at, placed });
    }
  }

  /** @param {CanvasRenderingContext2D} context */
  drawHovered(context) {
    const hovered = this.model.selection.hovered.value;
    const curve = this.curves.find(({ at }) => this.model.trials.trial[at] === hovered);
    if (!curve) return;
    context.strokeStyle = theme().ink;
    context.lineWidth = 3;
    context.beginPath();
    for (const { x, y } of curve.placed) context.lineTo(x, y);
    context.stroke();
  }

  listen() {
    const { canvas, tip } = /** @type {import('../plot.js').Plot} */ (this.plot);
    canvas.addEventListener('pointermove', (event) => {
      const pointer = place(event, canvas);
      let least = 12 * 12;
      let found = null;
      for (const { at, placed } of this.curves ?? []) {
        for (const point of placed) {
          const distance = (point.x - pointer.x) ** 2 + (point.y - pointer.y) ** 2;
          if (distance < least) [least, found] = [distance, { at, point }];
        }
      }
      this.model.selection.hovered.value = found ? this.model.trials.trial[found.at] : null;
      tip(found?.point.x ?? 0, found?.point.y ?? 0, found ? summary(this.model, found.at) : null);
    });
    canvas.addEventListener('pointerleave', () => {
      tip(0, 0, null);
      this.model.selection.hovered.value = null;
    });
    canvas.addEventListener('click', () => {
      const trial = this.model.selection.hovered.value;
      if (trial !== null) this.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: trial }));
    });
  }
}

customElements.define('panel-curves', CurvesPanel);
