// One trial, in a dialog over the sweep's page.

import { SERIES } from './colour.js';
import { el, fill, plain, quoted } from './dom.js';
import { load } from './feed.js';
import { duration, moment, number } from './format.js';
import { lines } from './panels/running.js';
import { curvesPlot } from './curves_plot.js';

/** While a trial runs it is read again after this. */
const AGAIN = 2000;

export class TrialDialog {
  /** @param {string} sweep */
  constructor(sweep) {
    this.sweep = sweep;
    this.body = el('div');
    this.element = el('dialog', { class: 'trial', 'aria-label': 'Trial', onclose: () => this.closed() }, this.body);
    /** @type {number | null} */
    this.trial = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    // A click beside the dialog closes it.
    this.element.addEventListener('click', (/** @type {any} */ event) => { if (event.target === this.element) this.element.close(); });
  }

  /** @param {number} trial */
  async open(trial) {
    this.trial = trial;
    const query = new URLSearchParams(location.search);
    query.set('trial', String(trial));
    history.replaceState(null, '', `?${query}`);
    if (!this.element.open) this.element.showModal();
    fill(this.body, el('p', { class: 'dim' }, `Trial ${trial}`));
    await this.read(trial, true);
  }

  /** @param {number} trial @param {boolean} first */
  async read(trial, first) {
    clearTimeout(this.timer);
    try {
      const path = `/api/sweeps/${this.sweep}/trials/${trial}`;
      const [found, log] = await Promise.all([load(path), load(`${path}/log`)]);
      if (this.trial !== trial) return;
      fill(this.body, ...this.parts(found, log));
      if (found.state === 'R') this.timer = setTimeout(() => this.read(trial, false), AGAIN);
    } catch (error) {
      if (first && this.trial === trial) fill(this.body, el('p', { class: 'empty', text: /** @type {Error} */ (error).message }));
    }
  }

  /** @param {any} found @param {any} log */
  parts(found, log) {
    const head = el('header', { class: 'top' }, el('h1', { text: `Trial ${found.trial}` }), el('span', { class: `state ${found.status.toLowerCase()}`, text: found.status.toLowerCase() }), found.attempt > 1 ? el('span', { class: 'dim', text: `attempt ${found.attempt}` }) : null, el('button', { class: 'right', onclick: () => this.element.close(), 'aria-label': 'Close' }, '✕'));
    const facts = [
      ['Value', found.value === null ? null : number(found.value, 7)],
      ['Exit code', found.exit_code],
      ['Reason', found.reason],
      ['Started', moment(found.start)],
      ['Duration', duration(((found.end ?? Date.now()) - found.start) / 1000)],
      ['Agent', found.agent],
      ['Host', found.host],
      ['Commit', found.commit ? `${found.commit.slice(0, 12)}${found.branch ? ` on ${found.branch}` : ''}${found.dirty === 'true' ? ', with changes' : ''}` : null],
      ['Run', found.run_id],
    ].filter(([, value]) => value !== null && value !== undefined && value !== '');
    const link = found.link && /^https?:\/\//.test(found.link) ? el('a', { href: found.link, rel: 'noreferrer', target: '_blank' }, 'Open in MLflow') : null;
    const curves = Object.entries(found.curves).filter(([, points]) => points.length > 1);
    const output = el('pre', { class: 'log', tabindex: '0', 'aria-label': 'Output' });
    output.textContent = log.where === 'nowhere' ? (found.state === 'R' ? `The output is on ${plain(log.host ?? 'another machine')} until the trial is over.` : 'No output was kept.') : lines(log.text);
    return [
      head,
      el('div', { class: 'columns' },
        el('section', {}, el('h2', {}, 'Parameters'), pairs(flat(found.point))),
        el('section', {}, el('h2', {}, 'Metrics'), pairs(Object.entries(found.metrics).map(([name, value]) => [name, number(value, 7)]))),
        el('section', {}, el('h2', {}, 'Facts'), pairs(facts), link)),
      curves.length > 0 ? el('h2', {}, 'Curves') : null,
      curves.length > 0 ? el('div', { class: 'slices' }, ...curves.slice(0, 9).map(([name, points]) => curvesPlot(name, [{ name, colour: SERIES[0], points }]))) : null,
      found.command ? el('h2', {}, 'Command') : null,
      found.command ? el('pre', { class: 'log', text: '' }, plain(found.command, 4000)) : null,
      found.artifacts.length > 0 ? el('h2', {}, 'Artifacts') : null,
      found.artifacts.length > 0 ? el('p', { class: 'mono' }, ...found.artifacts.flatMap((/** @type {string} */ path) => [quoted(path), ' '])) : null,
      el('h2', {}, 'Output'),
      output,
    ];
  }

  closed() {
    this.trial = null;
    clearTimeout(this.timer);
    const query = new URLSearchParams(location.search);
    query.delete('trial');
    const text = query.toString();
    history.replaceState(null, '', text ? `?${text}` : location.pathname);
  }
}

/** Names and values below each other. @param {any[][]} entries */
function pairs(entries) {
  if (entries.length === 0) return el('p', { class: 'dim' }, 'none');
  return el('table', {}, el('tbody', {}, ...entries.map(([name, value]) => el('tr', {}, el('td', { class: 'dim' }, quoted(name)), el('td', {}, quoted(typeof value === 'number' ? number(value, 7) : value))))));
}

/** The leaves of nested parameters by their dotted paths. @param {any} point @param {string} [before] @returns {[string, any][]} */
export function flat(point, before = '') {
  return Object.entries(point).flatMap(([name, value]) => {
    const path = before ? `${before}.${name}` : name;
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return flat(value, path);
    return [/** @type {[string, any]} */ ([path, Array.isArray(value) ? JSON.stringify(value) : value])];
  });
}
