// Importances and partial dependences: asked for when results come in, but not for each of them.

import { load } from './feed.js';
import { signal } from './store.js';

/** At least so long after the last answer, and after so many results more. */
const PAUSE = 5000;
const SHARE = 1.1;

/** @typedef {{ analysis: any, dependence: { name: string, steps: [any, number][] }[], used: number, results: number }} Insight */

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
