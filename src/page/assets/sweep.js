// The page of one sweep.

import { Control } from './control.js';
import { el, fill, plain, quoted } from './dom.js';
import { follow } from './feed.js';
import { counted, duration, moment, number, plural } from './format.js';
import { Selection } from './selection.js';
import { effect, signal } from './store.js';
import { connection, meter } from './sweeps.js';
import { Trials } from './trials.js';
import { InsightFeed } from './insight.js';
import { TrialDialog } from './trial.js';
import './panels/compare.js';
import './panels/contour.js';
import './panels/curves.js';
import './panels/distribution.js';
import './panels/failures.js';
import './panels/front.js';
import './panels/history.js';
import './panels/importance.js';
import './panels/ladder.js';
import './panels/parallel.js';
import './panels/running.js';
import './panels/slice.js';
import './panels/table.js';
import './panels/timeline.js';

/** The panels in their order. */
const PANELS = ['panel-running', 'panel-compare', 'panel-front', 'panel-history', 'panel-parallel', 'panel-importance', 'panel-curves', 'panel-slice', 'panel-contour', 'panel-distribution', 'panel-ladder', 'panel-timeline', 'panel-failures', 'panel-table'];

/**
 * What panels are given.
 * @typedef {object} Model
 * @property {string} id
 * @property {Trials} trials
 * @property {Selection} selection
 * @property {InsightFeed} insight
 * @property {{ value: any }} head what is said of the sweep beside its trials
 * @property {{ value: number[] }} rungs where its stopping rule compares trials
 * @property {{ value: boolean }} mayControl whether the server takes orders from this page
 * @property {{ value: number }} version changes with the trials
 */

export class SweepPage {
  /** @param {string} id */
  constructor(id) {
    const trials = new Trials();
    const path = encodeURIComponent(id);
    /** @type {Model} */
    this.model = { id: path, trials, selection: new Selection(path, trials), insight: new InsightFeed(path), head: signal(null), rungs: signal(/** @type {number[]} */ ([])), mayControl: signal(false), version: signal(0) };
    this.store = signal('');
    this.feed = follow(`/api/sweeps/${path}`, `/api/sweeps/${path}/events`, (data) => this.begin(data), (data) => this.takeIn(data));
    this.dialog = new TrialDialog(path);
    this.control = new Control(path, this.model.head, trials);
    this.element = this.build();
    this.ends = [effect(() => this.draw()), effect(() => this.drawSelection())];
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event);
    addEventListener('keydown', this.onKey);
  }

  /** @param {any} data */
  begin(data) {
    this.store.value = data.store;
    this.control.token.value = data.control ?? null;
    this.model.mayControl.value = this.control.token.value !== null;
    this.model.rungs.value = data.rungs ?? [];
    const { trials } = this.model;
    // What was computed of the trials before is not to be taken for that of these.
    Object.assign(trials, new Trials(), { revision: trials.revision + 1 });
    trials.describe(data.columns);
    this.takeIn(data);
    // What is in sight is drawn by the second frame, and painted before the third.
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('first-view'))));
    const open = new URLSearchParams(location.search).get('trial');
    if (open && /^\d+$/.test(open)) this.dialog.open(Number(open));
  }

  /** @param {any} data */
  takeIn(data) {
    const { model } = this;
    if (data.columns) model.trials.describe(data.columns);
    model.trials.takeIn(data.trials);
    if (data.points) model.trials.takePoints(data.points);
    model.head.value = data.head;
    model.version.value += 1;
    model.selection.trialsChanged();
    const { counts, state } = data.head;
    model.insight.note(counts.finished + counts.stopped_early, ['complete', 'finished', 'cancelled'].includes(state));
  }

  build() {
    this.title = el('h1');
    this.badge = el('span');
    this.live = el('span', { class: 'live' });
    this.where = el('span', { class: 'store' });
    this.notice = el('div', { class: 'notice', role: 'status' });
    this.facts = el('dl', { class: 'facts' });
    const { selection } = this.model;
    this.filter = el('input', { type: 'search', class: 'mono', placeholder: 'Filter: lr < 0.01 and status = "FINISHED"', 'aria-label': 'Filter trials', spellcheck: 'false', value: selection.expression.value, oninput: (/** @type {any} */ event) => { selection.expression.value = event.target.value; } });
    this.count = el('span', { class: 'count', role: 'status' });
    this.wrong = el('div', { class: 'wrong' });
    this.clear = el('button', { onclick: () => { selection.clear(); this.filter.value = ''; } }, 'Clear');
    this.brushes = el('span', { class: 'count' });
    const panels = PANELS.map((name) => {
      const panel = document.createElement(name);
      /** @type {any} */ (panel).model = this.model;
      return panel;
    });
    this.panels = el('div', { class: 'panels', onopentrial: (/** @type {any} */ event) => this.dialog.open(event.detail), onendtrial: (/** @type {any} */ event) => this.control.endTrial(event.detail), onretrytrials: (/** @type {any} */ event) => this.control.retry(event.detail, plural(event.detail.length, 'trial')) }, ...panels);
    return el('div', {}, el('header', { class: 'top' }, el('a', { href: '/', class: 'crumb' }, 'Sweeps'), this.title, this.badge, this.live, this.control.element, this.where), this.notice, this.facts, el('div', { class: 'tools-row' }, this.filter, this.clear, this.count, this.brushes, this.wrong), this.panels, this.dialog.element, this.control.point.element);
  }

  draw() {
    connection(this.live, this.notice, this.feed);
    this.where.textContent = this.store.value;
    const head = this.model.head.value;
    this.panels.classList.toggle('hidden', head === null);
    if (head === null) return;
    fill(this.title, quoted(head.name));
    document.title = `${plain(head.name, 60)} – sweep`;
    this.badge.className = `state ${head.state}`;
    this.badge.textContent = head.state;
    fill(this.facts, ...facts(head).map(([name, value, more]) => el('div', {}, el('dt', { text: name }), el('dd', { title: value, class: value.length > 14 ? 'wrap' : '' }, value, more))));
  }

  drawSelection() {
    const { selection, trials, version } = this.model;
    void version.value;
    const [shown, all] = [selection.count(), trials.length];
    this.count.textContent = shown === all ? plural(all, 'trial') : `${counted(shown)} of ${plural(all, 'trial')}`;
    const names = Object.keys(selection.brushes.value);
    this.brushes.textContent = names.length > 0 ? `brushed: ${names.map((name) => (name === '#value' ? 'metric' : plain(name, 30))).join(', ')}` : '';
    this.clear.classList.toggle('hidden', !selection.active && !selection.expression.value);
    this.wrong.textContent = selection.wrong.value;
  }

  /** A slash leads to the filter. @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(/** @type {Element} */ (event.target).tagName)) return;
    event.preventDefault();
    this.filter.focus();
  }

  close() {
    removeEventListener('keydown', this.onKey);
    this.feed.close();
    this.model.selection.close();
    this.model.insight.close();
    this.control.end();
    for (const end of this.ends) end();
  }
}

/** The best trial, or how many share that place. @param {any} head @returns {[string, string, Node | string | null]} */
function best(head) {
  if (head.front) return ['Front', head.front.candidates > 0 ? `${head.front.trials.length} of ${plural(head.front.candidates, 'trial')}` : '–', null];
  return head.best ? [`Best, trial ${head.best.trial}`, number(head.best.value, 6), null] : ['Best', '–', null];
}

/** @param {any} head @returns {[string, string, Node | string | null][]} */
function facts(head) {
  const { counts } = head;
  const done = counts.finished + counts.failed + counts.stopped_early + counts.killed + counts.deleted;
  const several = (head.metrics ?? []).map((/** @type {{ name: string, goal: string }} */ metric) => `${plain(metric.name, 30)}, ${metric.goal}`);
  const limits = (head.limits ?? []).map((/** @type {string} */ limit) => plain(limit, 40));
  const goal = several.length > 1 || limits.length > 0 ? [...several, ...limits].join('; ') : head.metric ? `${plain(head.metric.name, 40)}${head.metric.goal ? `, ${head.metric.goal}` : ''}` : 'no metric';
  const rest = [
    counts.running && `${counts.running} running`,
    counts.failed && `${counts.failed} failed`,
    counts.stopped_early && `${counts.stopped_early} stopped early`,
    counts.killed && `${counts.killed} killed`,
  ].filter(Boolean).join(', ');
  /** @type {[string, string, Node | string | null][]} */
  const all = [
    ['Done', counts.limit === null ? `${done}` : `${done} / ${counts.limit}`, el('div', {}, meter(counts))],
    best(head),
    [several.length > 1 ? 'Metrics' : 'Metric', goal, null],
    ['Trials', rest || '–', null],
    ['Rate', head.per_minute ? `${number(head.per_minute, 3)} a minute` : '–', null],
    ['Time left', duration(head.seconds_left) || '–', null],
    ['Compute time', duration(head.compute_seconds) || '–', null],
    ['Method', head.method ?? '–', null],
    ['Created', moment(head.created).slice(0, 10), null],
  ];
  return all;
}
