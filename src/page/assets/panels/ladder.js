// Early stopping: the ladder of rungs, who came there and who was stopped, what that saved, and what `--shadow` would have stopped.

import { el, fill, svg } from '../dom.js';
import { counted, plural } from '../format.js';
import { ranking } from '../trials.js';
import { PanelElement } from './base.js';

/** Rungs that are shown. */
const MOST = 12;
/** The best trials, of which none should have been stopped. */
const BEST = 5;

/** @typedef {{ from: number, to: number, came: number, stopped: number, would: number }} Rung */

class LadderPanel extends PanelElement {
  get heading() {
    return 'Early stopping';
  }

  start() {
    this.watchInSight(() => this.draw());
  }

  draw() {
    const { version, trials, selection, rungs } = this.model;
    void version.value;
    const mask = selection.mask();
    const chosen = [];
    for (let at = 0; at < trials.length; at += 1) if (mask[at] && (trials.step[at] !== null || trials.stop[at])) chosen.push(at);
    const ended = chosen.filter((at) => trials.stop[at]);
    this.classList.toggle('hidden', rungs.value.length === 0 && ended.length === 0);
    if (chosen.length === 0) {
      fill(this.body, el('p', { class: 'empty' }, 'No trial has logged a value yet'));
      return;
    }
    const ladder = this.ladder(chosen, ended);
    const most = Math.max(...ladder.map(({ came }) => came), 1);
    const shadow = ended.some((at) => trials.stop[at]?.went_on);
    const rows = ladder.map((rung) => el('tr', {}, el('td', { class: 'num' }, rung.to > rung.from + 1 ? `${rung.from}–${rung.to - 1}` : counted(rung.from)), el('td', { class: 'barcell' }, bar(rung, most)), el('td', { class: 'num' }, counted(rung.came)), el('td', { class: 'num warn' }, rung.stopped > 0 ? counted(rung.stopped) : ''), shadow ? el('td', { class: 'num dim' }, rung.would > 0 ? counted(rung.would) : '') : null));
    const head = [rungs.value.length > 0 ? 'Rung' : 'Step', '', 'Came there', 'Stopped', shadow ? 'Would stop' : null].filter((text) => text !== null);
    fill(this.body, el('table', { class: 'bars' }, el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { class: 'num', text })))), el('tbody', {}, ...rows)), ...this.saved(ended).map((text) => el('p', { class: 'dim' }, text)));
  }

  /** @param {number[]} chosen @param {number[]} ended @returns {Rung[]} */
  ladder(chosen, ended) {
    const { trials, rungs } = this.model;
    const steps = chosen.map((at) => Math.max(trials.step[at] ?? 0, trials.stop[at]?.rung ?? 0));
    const last = steps.reduce((most, step) => Math.max(most, step), 1);
    let froms = rungs.value.filter((rung) => rung <= last).slice(0, MOST);
    // A rule without rungs stops anywhere: equal parts of the way.
    if (rungs.value.length === 0) froms = [...new Set(Array.from({ length: 8 }, (_, part) => Math.floor((part * last) / 8)))];
    return froms.map((from, place) => {
      const to = rungs.value.length > 0 ? from + 1 : froms[place + 1] ?? last + 1;
      const at = ended.filter((trial) => {
        const stop = trials.stop[trial];
        return rungs.value.length > 0 ? stop?.rung === from : (stop?.step ?? -1) >= from && (stop?.step ?? -1) < to;
      });
      const would = at.filter((trial) => trials.stop[trial]?.went_on).length;
      return { from, to, came: steps.filter((step) => step >= from).length, stopped: at.length - would, would };
    });
  }

  /** What was saved, and what would have been. @param {number[]} ended */
  saved(ended) {
    const { trials, head } = this.model;
    const whole = [];
    for (let at = 0; at < trials.length; at += 1) if (trials.state[at] === 'F' && trials.step[at] !== null) whole.push(/** @type {number} */ (trials.step[at]));
    whole.sort((a, b) => a - b);
    const full = whole[Math.floor(whole.length / 2)];
    if (full === undefined || ended.length === 0) return ended.length === 0 ? ['No trial was stopped.'] : [];
    const spared = (/** @type {number[]} */ places) => places.reduce((sum, at) => sum + Math.max(full - (trials.stop[at]?.step ?? full), 0), 0);
    const [real, would] = [ended.filter((at) => !trials.stop[at]?.went_on), ended.filter((at) => trials.stop[at]?.went_on)];
    const done = trials.step.reduce((/** @type {number} */ sum, step) => sum + (step ?? 0), 0);
    const said = [];
    if (real.length > 0) said.push(`${plural(real.length, 'trial')} stopped: about ${counted(spared(real))} steps saved, ${Math.round((spared(real) / (spared(real) + done)) * 100)} % of what all would have taken (a finished trial takes ${counted(full)}).`);
    if (would.length > 0) {
      const { order } = ranking(trials, head.value?.metric?.goal ?? null);
      const lost = order.slice(-BEST).filter((at) => trials.stop[at]?.went_on).length;
      said.push(`--shadow: ${plural(would.length, 'trial')} would have been stopped, about ${counted(spared(would))} steps saved; ${lost === 0 ? 'none' : lost} of the best ${BEST} among them.`);
    }
    return said;
  }
}

/** Who came to a rung, and how many of them were stopped there. @param {Rung} rung @param {number} most */
function bar({ came, stopped, would }, most) {
  const x = (/** @type {number} */ count) => (count / most) * 200;
  return svg('svg', { viewBox: '0 0 200 14', height: 14, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${came} came, ${stopped} stopped` },
    svg('rect', { x: 0, y: 2, width: x(came), height: 10, class: 'bar' }),
    svg('rect', { x: x(came - stopped - would), y: 2, width: x(would), height: 10, class: 'bar would' }),
    svg('rect', { x: x(came - stopped), y: 2, width: x(stopped), height: 10, class: 'bar cut' }));
}

customElements.define('panel-ladder', LadderPanel);
