// Scales: from data to pixels and back, with their ticks.

/**
 * @typedef {object} Scale
 * @property {(value: any) => number} at pixels of a value; NaN where it has no place
 * @property {(pixel: number) => any} invert
 * @property {{ value: any, label: string }[]} ticks
 * @property {'linear' | 'log' | 'levels'} kind
 * @property {any[]} domain
 */

import { number } from './format.js';

/** Room that values keep from the ends. */
const MARGIN = 0.04;

/**
 * A scale of numbers.
 * @param {[number, number]} domain
 * @param {[number, number]} range
 * @param {{ log?: boolean, ticks?: number, pad?: boolean }} [options]
 * @returns {Scale}
 */
export function numeric(domain, range, options = {}) {
  const log = Boolean(options.log) && domain[0] > 0;
  const to = log ? Math.log10 : (/** @type {number} */ x) => x;
  const from = log ? (/** @type {number} */ x) => 10 ** x : (/** @type {number} */ x) => x;
  let [low, high] = [to(domain[0]), to(domain[1])];
  if (!(high > low)) {
    const half = low === 0 || log ? 0.5 : Math.abs(low) * 0.1;
    [low, high] = [low - half, high + half];
  }
  if (options.pad !== false) {
    const pad = (high - low) * MARGIN;
    [low, high] = [low - pad, high + pad];
  }
  const factor = (range[1] - range[0]) / (high - low);
  const at = (/** @type {number} */ value) => range[0] + (to(value) - low) * factor;
  const invert = (/** @type {number} */ pixel) => from(low + (pixel - range[0]) / factor);
  const wanted = options.ticks ?? 5;
  const values = log ? logTicks(low, high, wanted) : linearTicks(low, high, wanted);
  const ticks = values.map((value) => ({ value, label: number(value, 4) }));
  return { at, invert, ticks, kind: log ? 'log' : 'linear', domain: [from(low), from(high)] };
}

/**
 * A scale of levels, evenly spaced.
 * @param {any[]} levels
 * @param {[number, number]} range
 * @returns {Scale}
 */
export function banded(levels, range) {
  const places = new Map(levels.map((level, place) => [level, place]));
  const step = (range[1] - range[0]) / Math.max(levels.length, 1);
  const at = (/** @type {any} */ value) => range[0] + ((places.get(value) ?? NaN) + 0.5) * step;
  const invert = (/** @type {number} */ pixel) => levels[Math.min(Math.max(Math.floor((pixel - range[0]) / step), 0), levels.length - 1)];
  const ticks = levels.map((value) => ({ value, label: typeof value === 'number' ? number(value) : String(value) }));
  return { at, invert, ticks, kind: 'levels', domain: levels };
}

/**
 * @param {number} low
 * @param {number} high
 * @param {number} wanted
 */
function linearTicks(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high && ticks.length < 50; tick += step) {
    ticks.push(Math.abs(tick) < step / 1e6 ? 0 : Number(tick.toPrecision(12)));
  }
  return ticks;
}

/**
 * @param {number} low power of ten
 * @param {number} high
 * @param {number} wanted
 */
function logTicks(low, high, wanted) {
  if (high - low < 1) return linearTicks(10 ** low, 10 ** high, wanted).filter((tick) => tick > 0);
  const every = Math.max(Math.ceil((high - low) / wanted), 1);
  const ticks = [];
  for (let power = Math.ceil(low); power <= high; power += every) ticks.push(Number(`1e${power}`));
  if (ticks.length < 3) {
    for (let power = Math.floor(low); power <= high; power += 1) {
      for (const factor of [2, 5]) {
        const tick = Number(`${factor}e${power}`);
        if (Math.log10(tick) >= low && Math.log10(tick) <= high) ticks.push(tick);
      }
    }
  }
  return ticks.sort((a, b) => a - b);
}

/**
 * Finite values from the smallest to the largest.
 * @param {Float64Array} numbers NaN where there is none
 * @param {Uint8Array} [mask] which are meant
 */
export function ascending(numbers, mask) {
  const found = new Float64Array(numbers.length);
  let count = 0;
  for (let at = 0; at < numbers.length; at += 1) {
    if (!Number.isFinite(numbers[at]) || (mask && !mask[at])) continue;
    found[count] = numbers[at];
    count += 1;
  }
  return found.subarray(0, count).sort();
}

/**
 * The range in which values are drawn; what lies far beyond the others is drawn at the edge.
 * @param {Float64Array} sorted
 * @param {boolean} log
 * @returns {{ domain: [number, number], outliers: number }}
 */
export function robust(sorted, log) {
  if (sorted.length === 0) return { domain: [0, 1], outliers: 0 };
  const last = sorted.length - 1;
  const at = (/** @type {number} */ share) => sorted[Math.round(share * last)];
  if (sorted.length < 8 || log) return { domain: [sorted[0], sorted[last]], outliers: 0 };
  const [low, high] = [at(0.1), at(0.9)];
  const reach = 3 * Math.max(high - low, Math.abs(at(0.5)) * 1e-9);
  const domain = /** @type {[number, number]} */ ([Math.max(sorted[0], low - reach), Math.min(sorted[last], high + reach)]);
  let outliers = 0;
  for (const value of sorted) if (value < domain[0] || value > domain[1]) outliers += 1;
  return { domain, outliers };
}

/**
 * Whether values are better seen by their logarithms.
 * @param {Float64Array} sorted
 */
export function spreads(sorted) {
  if (sorted.length < 4) return false;
  const [low, middle, high] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted[Math.floor(sorted.length * 0.95)]];
  return low > 0 && high / low > 50 && high / middle > 5;
}
