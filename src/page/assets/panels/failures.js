// Failures, grouped by exit code and the last line of the output.

import { el, fill, plain, quoted } from '../dom.js';
import { load } from '../feed.js';
import { plural } from '../format.js';
import { signal } from '../store.js';
import { PanelElement } from './base.js';
import { lines } from './running.js';

/** Logs that are read for their last lines; the other failures are grouped by their exit code alone. */
const MOST_READ = 40;
const AT_ONCE = 4;

class FailuresPanel extends PanelElement {
  constructor() {
    super();
    /** Last line and end of the log by trial. @type {Map<number, { last: string, text: string }>} */
    this.logs = new Map();
    this.read = signal(0);
    this.reading = 0;
    this.list = el('div');
  }

  get heading() {
    return 'Failures';
  }

  get wide() {
    return true;
  }

  start() {
    this.body.append(this.list);
    this.watchInSight(() => this.draw());
  }

  draw() {
    const { version, trials, selection, mayControl } = this.model;
    void version.value;
    void mayControl.value;
    void this.read.value;
    const mask = selection.mask();
    /** @type {number[]} */
    const failed = [];
    for (let at = 0; at < trials.length; at += 1) if (trials.state[at] === 'X' && mask[at]) failed.push(at);
    this.classList.toggle('hidden', failed.length === 0);
    failed.sort((a, b) => (trials.end[b] ?? 0) - (trials.end[a] ?? 0));
    this.ask(failed.slice(0, MOST_READ).map((at) => trials.trial[at]));
    /** @type {Map<string, { code: string, last: string, trials: number[] }>} */
    const groups = new Map();
    for (const at of failed) {
      const trial = trials.trial[at];
      const last = this.logs.get(trial)?.last ?? 'output not read';
      const code = trials.exit[at] === null ? trials.reason[at] ?? 'no exit code' : `exit code ${trials.exit[at]}`;
      const key = `${code}\n${last.replace(/\d+/g, '#')}`;
      const group = groups.get(key);
      if (group) group.trials.push(trial);
      else groups.set(key, { code, last, trials: [trial] });
    }
    this.note.textContent = plural(failed.length, 'trial');
    const open = new Set([...this.list.children].filter((group) => /** @type {any} */ (group).open).map((group) => /** @type {any} */ (group).key));
    const sorted = [...groups.entries()].sort(([, a], [, b]) => b.trials.length - a.trials.length).slice(0, 12);
    fill(this.list, ...sorted.map(([key, group]) => this.group(key, group, open.has(key))));
  }

  /** @param {string} key @param {{ code: string, last: string, trials: number[] }} group @param {boolean} open */
  group(key, group, open) {
    const links = group.trials.slice(0, 20).flatMap((trial) => [el('button', { class: 'link', onclick: () => this.dispatchEvent(new CustomEvent('opentrial', { bubbles: true, detail: trial })) }, `${trial}`), ' ']);
    const retry = el('button', { class: 'right', onclick: () => this.dispatchEvent(new CustomEvent('retrytrials', { bubbles: true, detail: group.trials })) }, 'Retry these');
    const log = el('pre', { class: 'log' });
    log.textContent = group.trials.map((trial) => this.logs.get(trial)?.text).find(Boolean) ?? 'No output was kept.';
    const details = el('details', { open, class: 'group' }, el('summary', {}, el('strong', { text: `${group.trials.length} × ` }), el('span', { class: 'mono', text: group.code }), ' ', quoted(group.last, 'mono dim')), el('p', {}, 'Trials ', ...links, group.trials.length > 20 ? `and ${group.trials.length - 20} more` : '', this.model.mayControl.value ? retry : null), log);
    details.key = key;
    return details;
  }

  /** @param {number[]} wanted */
  ask(wanted) {
    for (const trial of wanted) {
      if (this.reading >= AT_ONCE) return;
      if (this.logs.has(trial)) continue;
      this.logs.set(trial, { last: '', text: '' });
      this.reading += 1;
      load(`/api/sweeps/${this.model.id}/trials/${trial}/log`).then((said) => {
        const text = lines(said.text ?? '');
        const last = text.split('\n').map((line) => line.trim()).filter(Boolean).pop() ?? '';
        this.logs.set(trial, { last: plain(last, 160), text: text.slice(-8000) });
      }).catch((error) => console.warn(error)).finally(() => {
        this.reading -= 1;
        this.read.value += 1;
      });
    }
  }
}

customElements.define('panel-failures', FailuresPanel);
