// Timeline: when which agent ran which trial.

import { stateColour, theme } from '../colour.js';
import { plain } from '../dom.js';
import { clock } from '../format.js';
import { axes, fit, nothing, place, plot } from '../plot.js';
import { numeric } from '../scale.js';
import { PanelElement } from './base.js';
import { summary } from './history.js';

/** Rows of agents; the busiest are shown. */
const MOST_ROWS = 24;
const ROW = 13;
/** While trials run the end of the line moves. */
const TICK = 1000;

class TimelinePanel extends PanelElement {
  constructor() {
    super();
    this.plot = plot(250, 'When which agent ran which trial', (context, width, height) => this.draw(context, width, height), (context) => this.drawHovered(context));
    /** @type {{ x: number, y: number, width: number, at: number }[]} */
    this.bars = [];
  }

  get heading() {
    return 'Timeline';
  }

  start() {
    this.body.append(this.plot.element);
    this.watchInSight(() => {
      const { version, selection } = this.model;
      void version.value;
      this.mask = selection.mask();
      this.plot?.redraw();
    });
    this.watch(() => {
      void this.model.selection.hovered.value;
      this.plot?.redrawOver();
    });
    this.timer = setInterval(() => {
      if (this.model.head.value?.counts.running > 0) this.plot?.redraw();
    }, TICK);
    this.listen();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  /** A row for each GPU of an agent, or each place at which it ran one trial at a time. @param {number} now */
  rows(now) {
    const { trials } = this.model;
    /** @type {Map<string, number[]>} */
    const agents = new Map();
    for (let at = 0; at < trials.length; at += 1) {
      const agent = trials.agent[at];
      if (!agent || !trials.start[at]) continue;
      const lane = agent.gpu ? `GPU ${agent.gpu}, ${agent.agent}` : agent.agent;
      const places = agents.get(lane);
      if (places) places.push(at);
      else agents.set(lane, [at]);
    }
    const rows = [];
    for (const [agent, places] of agents) {
      places.sort((a, b) => trials.start[a] - trials.start[b]);
      /** @type {{ agent: string, end: number, places: number[] }[]} */
      const lanes = [];
      for (const at of places) {
        const end = trials.end[at] ?? (trials.state[at] === 'R' ? now : trials.start[at]);
        const free = lanes.find((lane) => lane.end <= trials.start[at]);
        if (free) {
          free.places.push(at);
          free.end = end;
        } else if (lanes.length < MOST_ROWS) lanes.push({ agent, end, places: [at] });
      }
      rows.push(...lanes);
    }
    return rows;
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  draw(context, width, height) {
    const { trials } = this.model;
    const now = Date.now();
    const rows = this.rows(now);
    this.bars = [];
    if (rows.length === 0) {
      nothing(context, width, height, 'No trial was started yet');
      return;
    }
    let [first, last, busy] = [Infinity, -Infinity, 0];
    for (const row of rows) {
      for (const at of row.places) {
        const end = trials.end[at] ?? (trials.state[at] === 'R' ? now : trials.start[at]);
        first = Math.min(first, trials.start[at]);
        last = Math.max(last, end);
        busy += end - trials.start[at];
      }
    }
    const shown = rows.slice(0, Math.min(MOST_ROWS, Math.floor((height - 34) / ROW)));
    const utilisation = Math.round((busy / (Math.max(last - first, 1) * rows.length)) * 100);
    const left = rows.length - shown.length;
    this.note.textContent = `${utilisation} % busy${left > 0 ? `; ${left} more rows do not fit` : ''}`;
    const frame = { left: 96, right: width - 10, top: 4, bottom: height - 30 };
    const x = numeric([first, last], [frame.left, frame.right], { pad: false, ticks: 5 });
    for (const tick of x.ticks) tick.label = clock(tick.value);
    axes(context, frame, x, null);
    const mask = /** @type {Uint8Array} */ (this.mask);
    const tall = Math.min((frame.bottom - frame.top) / shown.length, 26);
    context.globalAlpha = 0.75;
    shown.forEach((row, place) => {
      const top = frame.top + place * tall;
      context.fillStyle = theme().dim;
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      if (place === 0 || shown[place - 1].agent !== row.agent) context.fillText(fit(context, plain(row.agent, 60), frame.left - 8), frame.left - 5, top + tall / 2);
      for (const at of row.places) {
        const end = trials.end[at] ?? (trials.state[at] === 'R' ? now : trials.start[at]);
        const from = x.at(trials.start[at]);
        const wide = Math.max(x.at(end) - from - 0.5, 1);
        context.fillStyle = mask[at] ? stateColour(trials.state[at]) : theme()['muted-mark'];
        context.fillRect(from, top + 1, wide, Math.max(tall - 2, 2));
        this.bars?.push({ x: from, y: top, width: wide, at });
      }
    });
    this.tall = tall;
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context */
  drawHovered(context) {
    const hovered = this.model.selection.hovered.value;
    const bar = hovered === null ? undefined : this.bars.find(({ at }) => this.model.trials.trial[at] === hovered);
    if (!bar) return;
    context.strokeStyle = theme().ink;
    context.lineWidth = 1.5;
    context.strokeRect(bar.x, bar.y + 1, bar.width, Math.max((this.tall ?? 0) - 2, 2));
  }

  listen() {
    const { canvas, tip } = /** @type {import('../plot.js').Plot} */ (this.plot);
    const under = (/** @type {PointerEvent} */ event) => {
      const pointer = place(event, canvas);
      return (this.bars ?? []).find((bar) => pointer.y >= bar.y && pointer.y < bar.y + (this.tall ?? 0) && pointer.x >= bar.x - 1 && pointer.x <= bar.x + bar.width + 1) ?? null;
    };
    canvas.addEventListener('pointermove', (event) => {
      const bar = under(event);
      this.model.selection.hovered.value = bar ? this.model.trials.trial[bar.at] : null;
      const pointer = place(event, canvas);
      tip(pointer.x, pointer.y, bar ? summary(this.model, bar.at) : null);
    });
    canvas.addEventListener('pointerleave', () => {
      tip(0, 0, null);
      this.model.selection.hovered.value = null;
    });
    canvas.addEventListener('click', (/** @type {any} */ event) => {
      const bar = under(event);
      if (bar) this.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: this.model.trials.trial[bar.at] }));
    });
  }
}

customElements.define('panel-timeline', TimelinePanel);
