// Numbers, durations and moments for people.

/**
 * A number with as many digits as tell something.
 * @param {number | string | null | undefined} value
 * @param {number} [digits]
 */
export function number(value, digits = 5) {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(Math.max(digits - 2, 1)).replace(/\.?0+e/, 'e').replace('e+', 'e');
  return String(Number(value.toPrecision(digits)));
}

/** @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds < 1) return `${Math.max(Math.round(seconds * 1000), 0)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * A moment in the reader's zone.
 * @param {number | null | undefined} ms
 */
export function moment(ms) {
  if (!ms) return '';
  const then = new Date(ms);
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  const day = `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`;
  return `${day} ${two(then.getHours())}:${two(then.getMinutes())}`;
}

/** @param {number} ms */
export function clock(ms) {
  const then = new Date(ms);
  return [then.getHours(), then.getMinutes(), then.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

const COUNTS = new Intl.NumberFormat('en');

/** A count with its thousands apart. @param {number} count */
export function counted(count) {
  return COUNTS.format(count);
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function plural(count, noun) {
  return `${counted(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** What the letters of states mean. @type {Record<string, string>} */
export const STATES = {
  R: 'running', F: 'finished', S: 'stopped early', X: 'failed', K: 'killed', W: 'waiting', D: 'deleted',
};
