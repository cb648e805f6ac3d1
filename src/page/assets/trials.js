// The trials of a sweep in memory, in columns; changes are taken in place.

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {boolean} log
 * @property {any[] | null} levels values that the config lists
 * @property {any[]} values a place a trial
 */

/** Values beyond which texts are no axis. */
const MOST_LEVELS = 40;

/** A number, also one that JSON has as text. @param {any} cell */
export function numeral(cell) {
  if (typeof cell === 'number') return cell;
  if (cell === 'NaN') return NaN;
  if (cell === 'Infinity') return Infinity;
  if (cell === '-Infinity') return -Infinity;
  return null;
}

export class Trials {
  constructor() {
    /** @type {number[]} */ this.trial = [];
    /** @type {Map<number, number>} */ this.place = new Map();
    /** @type {string[]} */ this.state = [];
    /** @type {number[]} */ this.attempt = [];
    /** @type {number[]} */ this.start = [];
    /** @type {(number | null)[]} */ this.end = [];
    /** @type {number[]} */ this.sign = [];
    /** @type {(number | null)[]} */ this.value = [];
    /** Values of what is measured beside the first metric: a list each. @type {(number | null)[][]} */ this.beside = [];
    /** @type {(number | null)[]} */ this.step = [];
    /** @type {(number | null)[]} */ this.exit = [];
    /** @type {(string | null)[]} */ this.reason = [];
    /** @type {({ agent: string, host: string, gpu: string | null } | null)[]} */ this.agent = [];
    /** Where a stopping rule ended it, or would have. @type {({ rule: string, rung: number | null, step: number | null, went_on: boolean } | null)[]} */ this.stop = [];
    /** How busy its GPUs are, in percent. @type {(number | null)[]} */ this.busy = [];
    /** @type {Column[]} */ this.columns = [];
    /** Changes with whatever changes. */ this.revision = 0;
    /** @type {{ revision: number, goal: string | null, good: Float32Array, order: number[], ranked: number } | null} */ this.ranked = null;
    /** What was computed of the columns of a revision. @type {{ revision: number, by: Map<any, ColumnFacts> }} */ this.known = { revision: -1, by: new Map() };
    /** Points of curves since the page was opened, by trial. @type {Map<number, [number, number][]>} */ this.points = new Map();
  }

  get length() {
    return this.trial.length;
  }

  /** @param {{ name: string, log: boolean, levels: any[] | null }[]} columns */
  describe(columns) {
    columns.forEach((column, at) => {
      const values = this.columns[at]?.values ?? new Array(this.length).fill(null);
      this.columns[at] = { ...column, values };
    });
  }

  /**
   * Takes in trials that are new or have changed.
   * @param {any} change columns as the server sends them
   */
  takeIn(change) {
    this.revision += 1;
    change.trial.forEach((/** @type {number} */ trial, /** @type {number} */ from) => {
      let at = this.place.get(trial);
      if (at === undefined) {
        at = this.trial.length;
        this.place.set(trial, at);
        this.trial.push(trial);
      }
      this.state[at] = change.state[from];
      this.attempt[at] = change.attempt[from];
      this.start[at] = change.start[from] + change.base;
      this.end[at] = change.took[from] === null ? null : this.start[at] + change.took[from];
      this.sign[at] = change.sign[from];
      this.value[at] = numeral(change.value[from]);
      (change.beside ?? []).forEach((/** @type {any[]} */ cells, /** @type {number} */ place) => {
        (this.beside[place] ??= [])[at] = numeral(cells[from]);
      });
      this.step[at] = change.step[from];
      this.exit[at] = change.exit[from];
      this.reason[at] = change.reason[trial] ?? null;
      this.stop[at] = change.stop?.[trial] ?? null;
      this.busy[at] = change.busy?.[trial] ?? null;
      this.agent[at] = change.agents[change.agent[from]] ?? null;
      for (let column = 0; column < this.columns.length; column += 1) {
        this.columns[column].values[at] = change.params[column]?.[from] ?? null;
      }
    });
  }

  /** @param {[number, number, any][]} points trial, step, value */
  takePoints(points) {
    for (const [trial, step, value] of points) {
      const number = numeral(value);
      if (number === null) continue;
      const curve = this.points.get(trial);
      if (!curve) this.points.set(trial, [[step, number]]);
      else if (curve[curve.length - 1][0] < step) curve.push([step, number]);
      else curve[curve.length - 1] = [step, number];
    }
  }

  /** Whether a trial's value is a result that counts. @param {number} at */
  counts(at) {
    return this.state[at] === 'F' || this.state[at] === 'S';
  }

  /** Seconds that a trial took, or has taken until now. @param {number} at @param {number} now */
  seconds(at, now) {
    const end = this.end[at] ?? (this.state[at] === 'R' ? now : null);
    return end === null || !this.start[at] ? null : Math.max(end - this.start[at], 0) / 1000;
  }

  /** The column of a name. @param {string} name */
  column(name) {
    return this.columns.find((column) => column.name === name) ?? null;
  }

  /** What plots need of a column; computed once a revision. @param {Column} column @returns {ColumnFacts} */
  facts(column) {
    return this.once(column, () => factsOf(column.values, column.levels));
  }

  /** The same of the metric. @returns {ColumnFacts} */
  metric() {
    return this.once(this.value, () => factsOf(this.value, null));
  }

  /** @param {any} key @param {() => ColumnFacts} compute @returns {ColumnFacts} */
  once(key, compute) {
    if (this.known.revision !== this.revision) this.known = { revision: this.revision, by: new Map() };
    const found = this.known.by.get(key) ?? compute();
    this.known.by.set(key, found);
    return found;
  }

  /**
   * What an axis of a column shows: the levels, or null where it is one of numbers.
   * @param {Column} column
   */
  levelsOf(column) {
    return this.facts(column).levels;
  }

  /** The columns that have more than one value. */
  varying() {
    return this.columns.filter((column) => this.facts(column).varies);
  }
}

/**
 * @typedef {object} ColumnFacts
 * @property {Float64Array} numbers a place a trial; NaN where there is no finite number
 * @property {number} low the smallest of them; Infinity where there is none
 * @property {number} high
 * @property {any[] | null} levels what an axis shows; null: numbers
 * @property {boolean} varies whether there is more than one value
 * @property {number} distinct how many values there are, as far as that matters
 */

/** @param {any[]} values @param {any[] | null} declared @returns {ColumnFacts} */
function factsOf(values, declared) {
  const numbers = new Float64Array(values.length).fill(NaN);
  const seen = new Set();
  let [low, high] = [Infinity, -Infinity];
  let texts = false;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (value === null || value === undefined) continue;
    if (typeof value === 'number' && Number.isFinite(value)) {
      numbers[at] = value;
      if (value < low) low = value;
      if (value > high) high = value;
    } else texts ||= numeral(value) === null;
    if (seen.size <= MOST_LEVELS || texts) seen.add(value);
  }
  const sorted = () => [...seen].sort((a, b) => String(a).localeCompare(String(b), 'en', { numeric: true })).slice(0, MOST_LEVELS);
  return { numbers, low, high, levels: declared ?? (texts ? sorted() : null), varies: seen.size > 1, distinct: seen.size };
}

/**
 * How good values are, from 0 (worst) to 1 (best), by their rank: outliers do not take the colours from the others.
 * @param {Trials} trials
 * @param {'minimize' | 'maximize' | null} goal
 * @returns {Float32Array} -1 where there is no value
 */
export function goodness(trials, goal) {
  return ranking(trials, goal).good;
}

/**
 * The same, and the places of all trials from the worst to the best, those without a value first.
 * @param {Trials} trials
 * @param {'minimize' | 'maximize' | null} goal
 */
export function ranking(trials, goal) {
  const known = trials.ranked;
  if (known && known.revision === trials.revision && known.goal === goal) return known;
  const places = [];
  for (let at = 0; at < trials.length; at += 1) {
    const value = trials.value[at];
    if (trials.counts(at) && value !== null && Number.isFinite(value)) places.push(at);
  }
  const sign = goal === 'maximize' ? 1 : -1;
  const { numbers } = trials.metric();
  places.sort((a, b) => sign * (numbers[a] - numbers[b]));
  const good = new Float32Array(trials.length).fill(-1);
  places.forEach((at, rank) => { good[at] = places.length > 1 ? rank / (places.length - 1) : 1; });
  const without = [];
  for (let at = 0; at < trials.length; at += 1) if (good[at] < 0) without.push(at);
  trials.ranked = { revision: trials.revision, goal, good, order: [...without, ...places], ranked: places.length };
  return trials.ranked;
}
