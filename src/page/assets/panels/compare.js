// Two to five trials beside each other: the parameters that differ, their metrics, their curves in one plot.

import { SERIES } from '../colour.js';
import { curvesPlot } from '../curves_plot.js';
import { el, fill, quoted } from '../dom.js';
import { load } from '../feed.js';
import { number } from '../format.js';
import { signal } from '../store.js';
import { flat } from '../trial.js';
import { PanelElement } from './base.js';

class ComparePanel extends PanelElement {
  constructor() {
    super();
    /** @type {Map<number, any>} */
    this.found = new Map();
    this.loaded = signal(0);
  }

  get heading() {
    return 'Compare';
  }

  get wide() {
    return true;
  }

  start() {
    this.tools.append(el('button', { onclick: () => { this.model.selection.compared.value = []; } }, 'Close'));
    this.watch(() => this.draw());
  }

  draw() {
    void this.loaded.value;
    const wanted = this.model.selection.compared.value;
    this.classList.toggle('hidden', wanted.length === 0);
    if (wanted.length === 0) return;
    for (const trial of wanted) if (!this.found.has(trial)) this.ask(trial);
    const trials = wanted.map((trial) => this.found.get(trial)).filter(Boolean);
    this.note.textContent = wanted.length < 2 ? 'tick another trial in the table' : '';
    const params = trials.map((one) => new Map(flat(one.point)));
    const names = [...new Set(params.flatMap((one) => [...one.keys()]))];
    const differing = names.filter((name) => new Set(params.map((one) => JSON.stringify(one.get(name) ?? null))).size > 1);
    const metrics = [...new Set(trials.flatMap((one) => Object.keys(one.metrics)))];
    const heading = (/** @type {string} */ text) => el('tr', {}, el('th', { colspan: trials.length + 1, text }));
    const row = (/** @type {string} */ name, /** @type {any[]} */ values) => el('tr', {}, el('td', { class: 'dim' }, quoted(name)), ...values.map((value) => el('td', {}, value === null || value === undefined ? '' : quoted(typeof value === 'number' ? number(value, 6) : value))));
    const same = names.length - differing.length;
    const table = el('table', {}, el('thead', {}, el('tr', {}, el('th', {}), ...trials.map((one, at) => el('th', {}, swatch(at), `trial ${one.trial}, ${one.status.toLowerCase()}`)))),
      el('tbody', {}, differing.length > 0 ? heading('Parameters that differ') : null, ...differing.map((name) => row(name, params.map((one) => one.get(name)))), heading('Metrics'), ...metrics.map((name) => row(name, trials.map((one) => one.metrics[name])))));
    const curved = metrics.filter((name) => trials.some((one) => (one.curves[name]?.length ?? 0) > 1)).slice(0, 6);
    const plots = curved.map((name) => curvesPlot(name, trials.map((one, at) => ({ name: `trial ${one.trial}`, colour: SERIES[at], points: one.curves[name] ?? [] }))));
    fill(this.body, el('div', { class: 'scroll' }, table), same > 0 ? el('p', { class: 'dim' }, `${same} parameters are the same.`) : null, el('div', { class: 'slices' }, ...plots));
  }

  /** @param {number} trial */
  async ask(trial) {
    this.found.set(trial, null);
    try {
      this.found.set(trial, await load(`/api/sweeps/${this.model.id}/trials/${trial}`));
      this.loaded.value += 1;
    } catch (error) {
      console.warn(error);
    }
  }
}

/** @param {number} at */
function swatch(at) {
  const mark = el('span', { class: 'mark' });
  mark.style.background = SERIES[at];
  return mark;
}

customElements.define('panel-compare', ComparePanel);
