// Importance: how much each parameter matters, with its error, and whether the trials tell.

import { el, fill, quoted, svg } from '../dom.js';
import { number } from '../format.js';
import { PanelElement } from './base.js';

const MOST = 12;

class ImportancePanel extends PanelElement {
  get heading() {
    return 'Importance';
  }

  start() {
    this.watchInSight(() => this.draw());
  }

  draw() {
    const insight = this.model.insight.insight.value;
    if (insight === null) {
      this.say('It is being computed');
      return;
    }
    const { analysis } = insight;
    if (!analysis) {
      this.say('The sweep names no metric');
      return;
    }
    if (analysis.oob_r2 === null) {
      this.say(`Too few trials yet: ${analysis.forest_reason ?? 'there is no ranking'}`);
      return;
    }
    const r2 = `R² ${number(analysis.oob_r2, 2)}, ${analysis.trust}`;
    this.note.textContent = insight.used < insight.results ? `${r2}; of ${insight.used} of ${insight.results} trials` : `${r2}; of ${analysis.n_used} trials`;
    this.note.title = analysis.notes.join('\n');
    const figures = analysis.parameters.map((/** @type {any} */ one) => ({ one, ...figure(one) }));
    const shown = figures.filter((/** @type {any} */ { value }) => value !== null).slice(0, MOST);
    const most = Math.max(...shown.map((/** @type {any} */ { value, error }) => value + (error ?? 0)), 1e-9);
    const rows = shown.map((/** @type {any} */ { one, value, error }) => {
      const text = error === null ? number(value, 2) : `${number(value, 2)} ± ${number(error, 1)}`;
      return el('tr', {}, el('td', { title: one.effect }, quoted(one.name, one.effect === 'unclear' || one.effect === 'too_few' ? 'dim' : '')), el('td', { class: 'barcell' }, bar(value, error, most)), el('td', { class: 'num dim' }, text));
    });
    const weak = ['none', 'weak'].includes(analysis.trust);
    fill(this.body, weak ? el('p', { class: 'dim' }, 'The trials explain little of the metric yet: the order may change.') : null, el('table', { class: 'bars' }, el('tbody', {}, ...rows)));
  }

  /** @param {string} text */
  say(text) {
    this.note.textContent = '';
    fill(this.body, el('p', { class: 'empty' }, text));
  }
}

/** The permutation importance of a parameter with its standard error, else the forest's own. @param {any} one */
function figure(one) {
  if (one.permutation) return { value: one.permutation.mean, error: one.permutation.se };
  return { value: one.importance, error: null };
}

/** @param {number} value @param {number | null} error @param {number} most */
function bar(value, error, most) {
  const x = (/** @type {number} */ share) => Math.max(Math.min((share / most) * 200, 200), 0);
  const parts = [svg('rect', { x: 0, y: 4, width: x(value), height: 10, rx: 2, class: 'bar' })];
  if (error !== null) parts.push(svg('path', { d: `M${x(value - error)} 9H${x(value + error)}`, class: 'error' }));
  return svg('svg', { viewBox: '0 0 200 18', height: 18, preserveAspectRatio: 'none', role: 'img', 'aria-label': number(value, 2) }, ...parts);
}

customElements.define('panel-importance', ImportancePanel);
