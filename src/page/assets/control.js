// Orders for the agents of a sweep, where the server allows them.

import { el, fill } from './dom.js';
import { Refusal } from './feed.js';
import { plural } from './format.js';
import { PointDialog } from './point_dialog.js';
import { effect, signal } from './store.js';

/** @typedef {'pause' | 'resume' | 'stop' | 'cancel'} Order */

/** What each order does, for whoever hesitates. @type {Record<Order, string>} */
const MEANING = {
  pause: 'Finish the running trials, start no new ones until the sweep is resumed',
  resume: 'Let the agents continue',
  stop: 'Finish the running trials, then end all agents',
  cancel: 'End the running trials and all agents',
};

export class Control {
  /** @param {string} sweep @param {{ value: any }} head @param {import('./trials.js').Trials} trials */
  constructor(sweep, head, trials) {
    this.sweep = sweep;
    this.head = head;
    /** The token of the server; null: the page only reads. */
    this.token = signal(/** @type {string | null} */ (null));
    this.said = signal('');
    this.element = el('span', { class: 'control' });
    this.point = new PointDialog(trials, head, (point) => this.send('edit', { point }, 'the point is tried next'));
    this.end = effect(() => this.draw());
  }

  draw() {
    const head = this.head.value;
    this.element.classList.toggle('hidden', this.token.value === null || head === null);
    if (this.token.value === null || head === null) return;
    const over = ['finished', 'complete'].includes(head.state);
    const button = (/** @type {Order} */ order, /** @type {string} */ text) => el('button', { title: MEANING[order], onclick: () => this.order(order) }, text);
    const waits = head.order !== 'run';
    const failed = head.counts.failed;
    const heard = waits && head.answered.length > 0 ? `${plural(head.answered.length, 'agent')} took note` : '';
    fill(this.element,
      over ? null : waits ? button('resume', 'Resume') : button('pause', 'Pause'),
      over || head.order === 'stop' || head.order === 'cancel' ? null : button('stop', 'Stop'),
      over || head.order === 'cancel' ? null : button('cancel', 'Cancel'),
      el('button', { title: 'How many trials there may be', onclick: () => this.raiseCap() }, 'Cap'),
      el('button', { title: 'Have a point of your own tried next', onclick: () => this.point.open() }, 'Add point'),
      failed > 0 ? el('button', { title: 'Run them again, as further attempts', onclick: () => this.retry(null, `${plural(failed, 'failed trial')}`) }, 'Retry failed') : null,
      el('span', { class: 'dim', role: 'status', text: this.said.value || heard }));
  }

  /** @param {Order} order */
  async order(order) {
    if (order === 'cancel' && !confirm('End all running trials of this sweep?')) return;
    await this.send('order', { order }, `${order}: sent to the agents`);
  }

  /** @param {number[] | null} trials @param {string} what */
  async retry(trials, what) {
    if (!confirm(`Run ${what} again?`)) return;
    await this.send('retry', { trials }, `${what} can be run again by any agent`);
  }

  async raiseCap() {
    const now = this.head.value?.counts.limit;
    const typed = prompt('How many trials may there be in all?', now === null || now === undefined ? '' : String(2 * now));
    if (typed === null) return;
    const cap = Number(typed);
    if (!Number.isInteger(cap) || cap < 1) this.said.value = `${typed} is no number of trials`;
    else await this.send('edit', { run_cap: cap }, `there may be ${cap} trials now`);
  }

  /** @param {number} trial */
  async endTrial(trial) {
    if (!confirm(`End trial ${trial}? What it has logged is kept.`)) return;
    await this.send('end', { trial }, `trial ${trial}: its agent is asked to end it`);
  }

  /** @param {string} path @param {any} body @param {string} done */
  async send(path, body, done) {
    try {
      const answer = await fetch(`/api/sweeps/${this.sweep}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-sweep-token': this.token.value ?? '' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) {
        const said = await answer.json();
        throw new Refusal([said.message, said.hint].filter(Boolean).join(' '), null, answer.status);
      }
      this.said.value = done;
    } catch (error) {
      this.said.value = /** @type {Error} */ (error).message;
    }
    setTimeout(() => { this.said.value = ''; }, 6000);
  }
}
