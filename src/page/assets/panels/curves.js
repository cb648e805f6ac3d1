// Learning curves: the metric over the steps of the best trials and of those that run.

import { ramped, theme } from '../colour.js';
import { plain } from '../dom.js';
import { load } from '../feed.js';
import { axes, nothing, place, plot } from '../plot.js';
import { numeric, robust, spreads } from '../scale.js';
import { signal } from '../store.js';
import { goodness, numeral } from '../trials.js';
import { choice, PanelElement } from './base.js';
import { summary } from './history.js';

/** At least so long between two questions for all curves. */
const PAUSE = 5000;

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
    this.plot = plot(250, 'The metric over the steps of the best and the running trials', (context, width, height) => this.draw(context, width, height));
  }

  get heading() {
    return 'Learning curves';
  }

  start() {
    this.body.append(this.plot.element);
    this.tools.append(choice('How many', [['5', 'best 5'], ['20', 'best 20'], ['100', 'best 100']], this.top));
    this.watch(() => {
      const { version, selection, head, trials } = this.model;
      void version.value;
      void this.loaded.value;
      void this.top.value;
      void selection.hovered.value;
      if (!head.value?.metric) {
        this.classList.add('hidden');
        return;
      }
      this.classList.remove('hidden');
      this.mask = selection.mask();
      this.good = goodness(trials, head.value.metric.goal);
      this.ask();
      this.plot?.redraw();
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
    const good = /** @type {Float32Array} */ (this.good);
    const mask = /** @type {Uint8Array} */ (this.mask);
    const best = [];
    const running = [];
    for (let at = 0; at < trials.length; at += 1) {
      if (!mask[at]) continue;
      if (good[at] >= 0) best.push(at);
      else if (trials.state[at] === 'R') running.push(at);
    }
    best.sort((a, b) => good[b] - good[a]);
    return [...best.slice(0, Number(this.top.value)), ...running.slice(0, 40)];
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
    const { trials, selection, head } = this.model;
    const curves = this.shown().map((at) => ({ at, points: this.curve(trials.trial[at]).map(([step, value]) => /** @type {[number, number]} */ ([step, numeral(value) ?? NaN])).filter(([, value]) => Number.isFinite(value)) })).filter(({ points }) => points.length > 0);
    this.curves = [];
    const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
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
    const good = /** @type {Float32Array} */ (this.good);
    for (const { at, points } of curves.reverse()) {
      const hovered = selection.hovered.value === trials.trial[at];
      const running = trials.state[at] === 'R';
      context.strokeStyle = hovered ? theme().ink : running ? theme().accent : ramped(good[at]);
      context.lineWidth = hovered ? 3 : running ? 2 : 1.4;
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
