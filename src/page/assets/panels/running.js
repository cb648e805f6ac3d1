// Running now: each trial with its latest value, its agent and the end of its output.

import { el, fill, plain, quoted, svg } from '../dom.js';
import { load } from '../feed.js';
import { duration, number, plural } from '../format.js';
import { signal } from '../store.js';
import { PanelElement } from './base.js';

const MOST = 24;
const TICK = 1000;
/** How long an agent may be silent before the page says so. */
const SILENT = 30_000;

class RunningPanel extends PanelElement {
  constructor() {
    super();
    this.open = signal(/** @type {number | null} */ (null));
    this.now = signal(Date.now());
    this.rows = el('tbody');
    this.log = el('pre', { class: 'log hidden', tabindex: '0', 'aria-label': 'Output' });
  }

  get heading() {
    return 'Running now';
  }

  get wide() {
    return true;
  }

  start() {
    this.body.append(el('div', { class: 'scroll' }, el('table', {}, this.rows)), this.log);
    this.timer = setInterval(() => { if (!this.classList.contains('hidden')) this.now.value = Date.now(); }, TICK);
    this.watch(() => this.draw());
    this.watch(() => this.follow());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
    clearTimeout(this.tail);
  }

  draw() {
    const { version, trials, head } = this.model;
    void version.value;
    const now = this.now.value;
    const running = [];
    for (let at = 0; at < trials.length; at += 1) if (trials.state[at] === 'R') running.push(at);
    this.classList.toggle('hidden', running.length === 0);
    this.note.textContent = running.length > MOST ? `${MOST} of ${running.length} trials` : plural(running.length, 'trial');
    running.sort((a, b) => trials.start[b] - trials.start[a]);
    fill(this.rows, ...running.slice(0, MOST).map((at) => this.row(at, now, head.value?.metric)));
  }

  /** @param {number} at @param {number} now @param {any} metric */
  row(at, now, metric) {
    const { trials, selection } = this.model;
    const trial = trials.trial[at];
    const silent = trials.sign[at] > 0 && now - trials.sign[at] > SILENT;
    const heard = silent ? el('span', { class: 'warn', text: `last sign of life ${duration((now - trials.sign[at]) / 1000)} ago` }) : '';
    const open = this.open.value === trial;
    const points = (trials.points.get(trial) ?? []).map(([, value]) => value);
    const value = trials.value[at] === null ? '' : `${metric ? `${plain(metric.name, 24)} ` : ''}${number(trials.value[at])}${trials.step[at] === null ? '' : ` at step ${trials.step[at]}`}`;
    return el('tr', { onpointerenter: () => { selection.hovered.value = trial; } },
      el('td', {}, el('button', { class: 'link', onclick: () => this.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: trial })) }, `trial ${trial}`)),
      el('td', { class: 'num' }, duration(trials.seconds(at, now))),
      el('td', {}, value),
      el('td', {}, growing(points)),
      el('td', { class: 'dim' }, gpu(trials, at)),
      el('td', { class: 'dim' }, quoted(trials.agent[at]?.host ?? '')),
      el('td', { class: 'dim' }, quoted(trials.agent[at]?.agent ?? '')),
      el('td', {}, heard),
      el('td', {}, el('button', { 'aria-pressed': String(open), onclick: () => { this.open.value = open ? null : trial; } }, 'output')),
      this.model.mayControl.value ? el('td', {}, el('button', { title: 'End this trial alone, as early stopping would', onclick: () => this.dispatchEvent(new CustomEvent('endtrial', { bubbles: true, detail: trial })) }, 'end')) : null);
  }

  /** Shows the end of the output of the trial that is open, and what is added to it. */
  follow() {
    const trial = this.open.value;
    clearTimeout(this.tail);
    this.log.classList.toggle('hidden', trial === null);
    if (trial !== null) {
      this.log.textContent = '';
      this.more(trial, null);
    }
  }

  /** @param {number} trial @param {number | null} from */
  async more(trial, from) {
    let next = from;
    try {
      const said = await load(`/api/sweeps/${this.model.id}/trials/${trial}/log${from === null ? '' : `?from=${from}`}`);
      if (this.open.value !== trial) return;
      if (said.where === 'nowhere') this.log.textContent = `The output is on ${plain(said.host ?? 'another machine')} until the trial is over.`;
      else {
        const atEnd = this.log.scrollTop + this.log.clientHeight >= this.log.scrollHeight - 20;
        this.log.append(lines(said.text));
        if (this.log.textContent.length > 200_000) this.log.textContent = this.log.textContent.slice(-100_000);
        if (atEnd) this.log.scrollTop = this.log.scrollHeight;
        next = said.next;
      }
      if (said.where === 'artifact') return;
    } catch (error) {
      console.warn(error);
    }
    if (this.open.value === trial) this.tail = setTimeout(() => this.more(trial, next), TICK);
  }
}

/** The GPU of a trial and how busy it is, as far as that is recorded. @param {import('../trials.js').Trials} trials @param {number} at */
function gpu(trials, at) {
  const [name, busy] = [trials.agent[at]?.gpu, trials.busy[at]];
  if (!name && busy === null) return '';
  return `GPU${name ? ` ${plain(name, 24)}` : ''}${busy === null ? '' : ` ${Math.round(busy)} %`}`;
}

/** A line that grows. @param {number[]} values */
function growing(values) {
  const finite = values.filter(Number.isFinite).slice(-60);
  if (finite.length < 2) return '';
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const y = (/** @type {number} */ value) => (high > low ? 18 - ((value - low) / (high - low)) * 16 : 10);
  const path = finite.map((value, at) => `${at ? 'L' : 'M'}${((at / (finite.length - 1)) * 96 + 2).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  return svg('svg', { width: 100, height: 20, viewBox: '0 0 100 20', class: 'spark', 'aria-hidden': 'true' }, svg('path', { d: path }));
}

/** Output with its lines, without what steers a terminal. @param {string} text */
export function lines(text) {
  // eslint-disable-next-line no-control-regex
  const bare = text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/\r\n/g, '\n').replace(/[^\n]*\r(?!$)/g, '');
  return bare.split('\n').map((line) => plain(line.replaceAll('\t', '    '), 4000)).join('\n');
}

customElements.define('panel-running', RunningPanel);
