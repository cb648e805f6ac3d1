// Importances and partial dependences: asked for when results come in, but not for each of them.

import { load } from './feed.js';
import { signal } from './store.js';

/** At least so long after the last answer, and after so many results more. */
const PAUSE = 5000;
const SHARE = 1.1;

/** @typedef {{ analysis: any, dependence: { name: string, steps: [any, number, number, number][] }[], pairs: any[], used: number, results: number }} Insight */

export class InsightFeed {
  /** @param {string} sweep */
  constructor(sweep) {
    this.sweep = sweep;
    this.insight = signal(/** @type {Insight | null} */ (null));
    this.asking = false;
    this.last = 0;
    this.results = -1;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  /** The rank of each parameter by importance, from 0, as far as that is known. @returns {Map<string, number>} */
  ranks() {
    const parameters = this.insight.value?.analysis?.parameters ?? [];
    return new Map(parameters.map((/** @type {any} */ one, /** @type {number} */ rank) => [one.name, rank]));
  }

  /**
   * Those columns that matter most, in their own order.
   * @template {{ name: string }} T
   * @param {T[]} columns
   * @param {number} most
   */
  foremost(columns, most) {
    if (columns.length <= most) return columns;
    const ranks = this.ranks();
    const kept = [...columns].sort((a, b) => (ranks.get(a.name) ?? 999) - (ranks.get(b.name) ?? 999)).slice(0, most);
    return columns.filter((column) => kept.includes(column));
  }

  /** Says how many results there are. @param {number} results @param {boolean} over whether no more are expected */
  note(results, over) {
    const enough = this.results < 0 || results >= this.results * SHARE || (over && results !== this.results);
    if (!enough || this.asking || this.timer !== undefined) return;
    const wait = Math.max(this.last + PAUSE - Date.now(), 0);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.ask(results);
    }, this.results < 0 ? 0 : wait);
  }

  /** @param {number} results */
  async ask(results) {
    this.asking = true;
    try {
      this.insight.value = await load(`/api/sweeps/${this.sweep}/importance`);
      this.results = results;
    } catch (error) {
      console.warn(error);
    } finally {
      this.last = Date.now();
      this.asking = false;
    }
  }

  close() {
    clearTimeout(this.timer);
  }
}
