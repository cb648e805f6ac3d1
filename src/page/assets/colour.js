// Colours: of the theme, of states, and of values from worst to best.

/** Light to dark the way that the eye orders them, readable on both grounds. @type {[number, number, number][]} */
const RAMP_LIGHT = [[222, 213, 106], [122, 200, 109], [53, 160, 137], [48, 104, 142], [60, 36, 110]];
/** @type {[number, number, number][]} */
const RAMP_DARK = [[84, 58, 138], [62, 106, 158], [45, 160, 145], [116, 206, 104], [240, 228, 80]];
const STEPS = 64;

/** @typedef {Record<'ground' | 'panel' | 'ink' | 'dim' | 'faint' | 'line' | 'grid' | 'accent' | 'good' | 'bad' | 'warn' | 'muted-mark', string> & { dark: boolean, ramp: string[] }} Theme */

/** @type {Theme | null} */
let known = null;
const dark = matchMedia('(prefers-color-scheme: dark)');
dark.addEventListener('change', () => {
  known = null;
  dispatchEvent(new Event('themechange'));
});

/** The colours of the page as they are now. @returns {Theme} */
export function theme() {
  if (known) return known;
  const style = getComputedStyle(document.documentElement);
  const names = ['ground', 'panel', 'ink', 'dim', 'faint', 'line', 'grid', 'accent', 'good', 'bad', 'warn', 'muted-mark'];
  /** @type {any} */
  const found = { dark: dark.matches, ramp: ramp(dark.matches ? RAMP_DARK : RAMP_LIGHT) };
  for (const name of names) found[name] = style.getPropertyValue(`--${name}`).trim();
  known = found;
  return found;
}

/** @param {[number, number, number][]} stops */
function ramp(stops) {
  return Array.from({ length: STEPS }, (_, step) => {
    const place = (step / (STEPS - 1)) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const share = place - below;
    const mixed = [0, 1, 2].map((part) => Math.round(stops[below][part] * (1 - share) + stops[below + 1][part] * share));
    return `rgb(${mixed.join(',')})`;
  });
}

/**
 * The colour of a share from 0 (worst) to 1 (best).
 * @param {number} share
 */
export function ramped(share) {
  const colours = theme().ramp;
  return colours[Math.min(Math.max(Math.round(share * (STEPS - 1)), 0), STEPS - 1)];
}

/** Colours of so many curves or trials beside each other. */
export const SERIES = ['#2f6feb', '#d9730d', '#1a9c6b', '#b5479d', '#7a6ff0', '#c43d3d', '#5f8a00', '#0091a8'];

/**
 * The colour of a state.
 * @param {string} state
 */
export function stateColour(state) {
  const colours = theme();
  return { R: colours.accent, F: colours.good, X: colours.bad, S: colours.warn }[state] ?? colours['muted-mark'];
}
