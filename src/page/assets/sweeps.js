// The page of all sweeps of the store.

import { el, fill, quoted, svg } from './dom.js';
import { follow } from './feed.js';
import { duration, moment, number } from './format.js';
import { effect, signal } from './store.js';

/** @typedef {{ id: string, name: string, experiment: string, state: string, method: string | null, created: number, metric: { name: string, goal: string | null } | null, counts: any, best: number | null, line: number[], per_minute: number | null, seconds_left: number | null }} Entry */

/** @param {Entry} entry */
function done(entry) {
  const { counts } = entry;
  return counts ? counts.finished + counts.failed + counts.stopped_early + counts.killed + counts.deleted : 0;
}

/** Columns: heading, what is sorted by, what is shown. @type {{ name: string, key: string, num?: boolean, of: (entry: Entry) => any, cell: (entry: Entry) => Node | string }[]} */
const COLUMNS = [
  { name: 'Sweep', key: 'name', of: (entry) => entry.name.toLowerCase(), cell: (entry) => el('a', { href: `/sweep/${entry.id}` }, quoted(entry.name)) },
  { name: 'State', key: 'state', of: (entry) => entry.state, cell: (entry) => el('span', { class: `state ${entry.state}`, text: entry.state }) },
  { name: 'Done', key: 'done', num: true, of: done, cell: progress },
  { name: 'Best', key: 'best', num: true, of: (entry) => entry.best, cell: best },
  { name: 'Best so far', key: 'line', of: (entry) => entry.line.length, cell: (entry) => spark(entry.line) },
  { name: 'Rate', key: 'rate', num: true, of: (entry) => entry.per_minute, cell: (entry) => (entry.per_minute ? `${number(entry.per_minute, 3)}/min` : '') },
  { name: 'Time left', key: 'left', num: true, of: (entry) => entry.seconds_left, cell: (entry) => duration(entry.seconds_left) },
  { name: 'Failed', key: 'failed', num: true, of: (entry) => entry.counts?.failed ?? null, cell: (entry) => (entry.counts?.failed ? el('span', { class: 'bad', text: entry.counts.failed }) : '') },
  { name: 'Method', key: 'method', of: (entry) => entry.method, cell: (entry) => quoted(entry.method ?? '', 'dim') },
  { name: 'Experiment', key: 'experiment', of: (entry) => entry.experiment, cell: (entry) => quoted(entry.experiment, 'dim') },
  { name: 'Created', key: 'created', num: true, of: (entry) => entry.created, cell: (entry) => el('span', { class: 'dim', text: moment(entry.created) }) },
];

/** @param {Entry} entry */
function progress(entry) {
  const { counts } = entry;
  if (!counts) return '';
  const text = counts.limit === null ? `${done(entry)}` : `${done(entry)} / ${counts.limit}`;
  return el('div', {}, text, meter(counts));
}

/** Parts of a bar: finished, stopped early, failed, running. @param {any} counts */
export function meter(counts) {
  const all = Math.max(counts.limit ?? counts.begun, 1);
  const part = (/** @type {string} */ kind, /** @type {number} */ count) => {
    const bar = el('i', { class: kind });
    bar.style.width = `${Math.min((count / all) * 100, 100)}%`;
    return bar;
  };
  return el('div', { class: 'meter' }, part('ok', counts.finished), part('cut', counts.stopped_early + counts.killed), part('fail', counts.failed), part('run', counts.running));
}

/** @param {Entry} entry */
function best(entry) {
  if (entry.best === null) return '';
  const title = entry.metric ? `${entry.metric.name}, ${entry.metric.goal ?? ''}` : '';
  return el('span', { text: number(entry.best), title });
}

/** @param {number[]} values */
function spark(values) {
  if (values.length < 2) return '';
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = (/** @type {number} */ value) => (high > low ? 22 - ((value - low) / (high - low)) * 20 : 12);
  const path = values.map((value, at) => `${at ? 'L' : 'M'}${((at / (values.length - 1)) * 96 + 2).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  return svg('svg', { width: 100, height: 24, viewBox: '0 0 100 24', class: 'spark', role: 'img', 'aria-label': `best so far: from ${number(values[0])} to ${number(values[values.length - 1])}` }, svg('path', { d: path }));
}

export class SweepsPage {
  constructor() {
    document.title = 'sweep';
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    this.version = signal(0);
    this.store = signal('');
    const query = new URLSearchParams(location.search);
    this.search = signal(query.get('q') ?? '');
    this.state = signal(query.get('state') ?? '');
    this.sort = signal(query.get('sort') ?? '-created');
    this.feed = follow('/api/sweeps', '/api/events', (data) => {
      this.entries.clear();
      this.store.value = data.store;
      this.takeIn(data);
    }, (data) => this.takeIn(data));
    this.body = el('tbody');
    this.head = el('tr');
    this.element = this.build();
    this.ends = [effect(() => this.draw()), effect(() => this.write())];
  }

  /** @param {{ sweeps: Entry[], gone: string[] }} data */
  takeIn(data) {
    for (const entry of data.sweeps) this.entries.set(entry.id, entry);
    for (const id of data.gone) this.entries.delete(id);
    this.version.value += 1;
  }

  build() {
    const search = el('input', { type: 'search', placeholder: 'Search names, experiments, ids', 'aria-label': 'Search', value: this.search.value, oninput: (/** @type {any} */ event) => { this.search.value = event.target.value; } });
    const states = el('select', { 'aria-label': 'State', onchange: (/** @type {any} */ event) => { this.state.value = event.target.value; } },
      ...['', 'running', 'paused', 'idle', 'new', 'stopped', 'cancelled', 'complete', 'finished'].map((state) => el('option', { value: state, text: state || 'any state', selected: state === this.state.value })));
    this.count = el('span', { class: 'count' });
    this.live = el('span', { class: 'live' });
    this.notice = el('div', { class: 'notice', role: 'status' });
    this.where = el('span', { class: 'store' });
    this.table = el('div', { class: 'scroll' }, el('table', {}, el('thead', {}, this.head), this.body));
    this.none = el('div', { class: 'empty hidden' });
    return el('div', {}, el('header', { class: 'top' }, el('h1', { text: 'Sweeps' }), this.live, this.where), this.notice, el('div', { class: 'tools-row' }, search, states, this.count), el('section', { class: 'panel wide' }, this.table, this.none));
  }

  shown() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (/** @type {Entry} */ entry) => {
      const text = `${entry.name} ${entry.experiment} ${entry.id} ${entry.method ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word)) && (!this.state.value || entry.state === this.state.value);
    };
    const down = this.sort.value.startsWith('-');
    const column = COLUMNS.find((one) => one.key === this.sort.value.replace('-', '')) ?? COLUMNS[COLUMNS.length - 1];
    const order = (/** @type {Entry} */ a, /** @type {Entry} */ b) => {
      const [x, y] = [column.of(a), column.of(b)];
      if (x === null || y === null) return Number(x === null) - Number(y === null);
      const ascending = x < y ? -1 : Number(x > y);
      return (down ? -ascending : ascending) || b.created - a.created;
    };
    return [...this.entries.values()].filter(matches).sort(order);
  }

  draw() {
    void this.version.value;
    connection(this.live, this.notice, this.feed);
    this.where.textContent = this.store.value;
    this.where.title = this.store.value;
    const shown = this.shown();
    this.count.textContent = shown.length === this.entries.size ? `${shown.length}` : `${shown.length} of ${this.entries.size}`;
    fill(this.head, ...COLUMNS.map((column) => this.heading(column)));
    fill(this.body, ...shown.map((entry) => el('tr', {}, ...COLUMNS.map((column) => el('td', { class: column.num ? 'num' : '' }, column.cell(entry))))));
    const loaded = this.feed.state.value !== 'loading';
    this.none.classList.toggle('hidden', shown.length > 0 || !loaded);
    this.table.classList.toggle('hidden', shown.length === 0 && loaded);
    fill(this.none, this.entries.size > 0 ? 'No sweep matches.' : el('span', {}, 'No sweep yet. Write a sweep file, then: ', el('code', { text: 'sweep start sweep.yaml' })));
  }

  /** @param {typeof COLUMNS[0]} column */
  heading(column) {
    const down = this.sort.value === `-${column.key}`;
    const up = this.sort.value === column.key;
    const sort = () => { this.sort.value = down ? column.key : `-${column.key}`; };
    return el('th', { class: column.num ? 'num' : '', scope: 'col', 'aria-sort': down ? 'descending' : up ? 'ascending' : 'none' }, el('button', { onclick: sort }, column.name + (down ? ' ↓' : up ? ' ↑' : '')));
  }

  write() {
    const query = new URLSearchParams();
    if (this.search.value) query.set('q', this.search.value);
    if (this.state.value) query.set('state', this.state.value);
    if (this.sort.value !== '-created') query.set('sort', this.sort.value);
    const text = query.toString();
    history.replaceState(null, '', text ? `?${text}` : '/');
  }

  close() {
    this.feed.close();
    for (const end of this.ends) end();
  }
}

/**
 * Says whether the page is live, and what is in the way.
 * @param {HTMLElement} live
 * @param {HTMLElement} notice
 * @param {import('./feed.js').Feed} feed
 */
export function connection(live, notice, feed) {
  const state = feed.state.value;
  const trouble = feed.trouble.value;
  live.className = `live ${state === 'away' || trouble ? 'away' : ''}`;
  live.textContent = state === 'away' ? 'no connection' : state === 'loading' ? 'loading' : trouble ? 'store away' : 'live';
  if (state === 'away') notice.textContent = 'The server of this page does not answer: what you see may be old. It is tried again and again; if it was ended, start `sweep ui` again on the same port.';
  else notice.textContent = trouble ? (state === 'live' ? `The store can't be read: ${trouble}` : trouble) : '';
}
