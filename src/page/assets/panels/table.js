// The trials of the selection as a table, a page of them at a time.

import { el, fill, quoted } from '../dom.js';
import { duration, number, STATES } from '../format.js';
import { signal } from '../store.js';
import { PanelElement } from './base.js';

const PAGE = 25;
/** Parameters that have a column, unless all are wanted. */
const MOST_COLUMNS = 10;

class TablePanel extends PanelElement {
  constructor() {
    super();
    this.sort = signal('');
    this.page = signal(0);
    this.head = el('tr');
    this.rows = el('tbody');
    this.pager = el('div', { class: 'pager' });
    this.whole = signal(false);
    this.unfold = el('button', { class: 'hidden', onclick: () => { this.whole.value = !this.whole.value; } });
  }

  get heading() {
    return 'Trials';
  }

  get wide() {
    return true;
  }

  start() {
    this.tools.append(this.unfold);
    this.body.append(el('div', { class: 'scroll' }, el('table', {}, el('thead', {}, this.head), this.rows)), this.pager);
    this.watchInSight(() => this.draw());
    this.watch(() => {
      const hovered = this.model.selection.hovered.value;
      for (const row of this.rows?.children ?? []) row.classList.toggle('hover', /** @type {any} */ (row).trial === hovered);
    });
  }

  /** What can be sorted by: key, heading, value of a place. */
  fields() {
    const { trials, head } = this.model;
    const now = Date.now();
    /** @type {{ key: string, name: string, num: boolean, of: (at: number) => any }[]} */
    const fields = [
      { key: 'trial', name: 'Trial', num: true, of: (at) => trials.trial[at] },
      { key: 'state', name: 'State', num: false, of: (at) => STATES[trials.state[at]] },
    ];
    const metric = head.value?.metric;
    if (metric) fields.push({ key: '#value', name: metric.name, num: true, of: (at) => trials.value[at] });
    const columns = this.whole.value ? trials.columns : this.model.insight.foremost(trials.columns, MOST_COLUMNS);
    this.unfold.classList.toggle('hidden', trials.columns.length <= MOST_COLUMNS);
    this.unfold.textContent = this.whole.value ? 'fewer columns' : `all ${trials.columns.length} parameters`;
    for (const column of columns) {
      fields.push({ key: column.name, name: column.name, num: !this.model.trials.levelsOf(column)?.some((level) => typeof level === 'string'), of: (at) => column.values[at] });
    }
    fields.push({ key: 'duration', name: 'Duration', num: true, of: (at) => trials.seconds(at, now) });
    fields.push({ key: 'host', name: 'Host', num: false, of: (at) => trials.agent[at]?.host });
    return fields;
  }

  draw() {
    const { version, selection, trials } = this.model;
    void version.value;
    const fields = this.fields();
    const down = this.sort.value.startsWith('-');
    const key = this.sort.value.replace(/^-/, '');
    const field = fields.find((one) => one.key === key);
    const mask = selection.mask();
    const places = [];
    for (let at = trials.length - 1; at >= 0; at -= 1) if (mask[at]) places.push(at);
    if (field) places.sort((a, b) => compare(field.of(a), field.of(b), down));
    else places.sort((a, b) => trials.trial[b] - trials.trial[a]);
    const pages = Math.max(Math.ceil(places.length / PAGE), 1);
    const page = Math.min(this.page.value, pages - 1);
    fill(this.head, el('th', {}), ...fields.map((one) => this.headingOf(one, key, down)));
    fill(this.rows, ...places.slice(page * PAGE, (page + 1) * PAGE).map((at) => this.row(at, fields)));
    const turn = (/** @type {number} */ by) => () => { this.page.value = page + by; };
    const from = places.length === 0 ? 0 : page * PAGE + 1;
    fill(this.pager, el('button', { onclick: turn(-1), disabled: page === 0 }, 'Previous'), el('button', { onclick: turn(1), disabled: page >= pages - 1 }, 'Next'), `${from}–${Math.min((page + 1) * PAGE, places.length)} of ${places.length}`);
  }

  /** @param {any} field @param {string} key @param {boolean} down */
  headingOf(field, key, down) {
    const chosen = key === field.key;
    const sort = () => {
      this.sort.value = chosen && !down ? `-${field.key}` : field.key;
      this.page.value = 0;
    };
    const name = quoted(field.name);
    if (chosen) name.textContent += down ? ' ↓' : ' ↑';
    return el('th', { class: field.num ? 'num' : '', scope: 'col', 'aria-sort': chosen ? (down ? 'descending' : 'ascending') : 'none' }, el('button', { onclick: sort }, name));
  }

  /** @param {number} at @param {any[]} fields */
  row(at, fields) {
    const { trials, selection } = this.model;
    const trial = trials.trial[at];
    const box = el('input', { type: 'checkbox', 'aria-label': `Compare trial ${trial}`, onchange: () => selection.toggleCompared(trial) });
    box.checked = selection.compared.value.includes(trial);
    const cells = fields.map((field) => el('td', { class: field.num ? 'num' : '' }, this.cell(at, field)));
    const row = el('tr', { onpointerenter: () => { selection.hovered.value = trial; }, onpointerleave: () => { selection.hovered.value = null; } }, el('td', {}, box), ...cells);
    row.trial = trial;
    return row;
  }

  /** @param {number} at @param {any} field */
  cell(at, field) {
    const { trials } = this.model;
    const trial = trials.trial[at];
    if (field.key === 'trial') return el('button', { class: 'link', onclick: () => this.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: trial })) }, String(trial));
    if (field.key === 'state') return el('span', {}, el('span', { class: `mark ${trials.state[at]}` }), field.of(at));
    if (field.key === 'duration') return duration(field.of(at));
    const value = field.of(at);
    return value === null || value === undefined ? '' : quoted(number(value));
  }
}

/** What is not known comes last, numbers before texts. @param {any} a @param {any} b @param {boolean} down */
function compare(a, b, down) {
  const unknown = (/** @type {any} */ value) => value === null || value === undefined || Number.isNaN(value);
  if (unknown(a) || unknown(b)) return Number(unknown(a)) - Number(unknown(b));
  const order = typeof a === typeof b ? (a < b ? -1 : Number(a > b)) : typeof a === 'number' ? -1 : 1;
  return down ? -order : order;
}

customElements.define('panel-table', TablePanel);
