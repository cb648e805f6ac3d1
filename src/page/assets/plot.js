// A canvas that keeps its size, its sharpness and its theme, with a tip for what is under the pointer.

import { el, plain } from './dom.js';
import { theme } from './colour.js';

/**
 * @typedef {object} Plot
 * @property {HTMLElement} element
 * @property {HTMLCanvasElement} canvas the lower layer, which hears the pointer
 * @property {() => void} redraw draws both layers before the next frame
 * @property {() => void} redrawOver draws the upper layer alone: what is under the pointer
 * @property {(x: number, y: number, text: string | null) => void} tip
 * @property {() => { width: number, height: number }} size
 */

/** @typedef {(context: CanvasRenderingContext2D, width: number, height: number) => void} Draw */

/**
 * @param {number} height
 * @param {string} label for screen readers
 * @param {Draw} draw
 * @param {Draw} [drawOver] an upper layer, for what changes as the pointer moves
 * @returns {Plot}
 */
export function plot(height, label, draw, drawOver) {
  const canvas = /** @type {HTMLCanvasElement} */ (el('canvas', { role: 'img', 'aria-label': label }));
  const above = drawOver ? /** @type {HTMLCanvasElement} */ (el('canvas', { class: 'over', 'aria-hidden': 'true' })) : null;
  const tipElement = el('div', { class: 'tip hidden' });
  const element = el('div', { class: 'plot' }, canvas, above, tipElement);
  element.style.height = `${height}px`;
  const size = { width: 0, height: 0 };
  let scheduled = false;
  // What is out of sight, or was not asked for yet, is drawn when it comes into sight.
  let visible = false;
  let [asked, staleBase, staleOver] = [false, false, false];
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    schedule();
  }, { rootMargin: '60px' }).observe(element);
  new ResizeObserver(([entry]) => {
    const { width, height: tall } = entry.contentRect;
    if (width === size.width && tall === size.height) return;
    const first = size.width === 0;
    Object.assign(size, { width, height: tall });
    if (first) visible = isNear(element);
    staleBase = asked;
    paint();
  }).observe(element);
  function schedule() {
    if (scheduled || !visible || !(staleBase || staleOver)) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      paint();
    });
  }
  function paint() {
    if (!visible || size.width === 0 || size.height === 0) return;
    if (staleBase) layer(canvas, size, draw);
    if (above && drawOver && (staleBase || staleOver)) layer(above, size, drawOver);
    [staleBase, staleOver] = [false, false];
  }
  function redraw() {
    [asked, staleBase] = [true, true];
    schedule();
  }
  function redrawOver() {
    staleOver = asked;
    schedule();
  }
  addEventListener('themechange', () => { if (asked) redraw(); });
  function tip(/** @type {number} */ x, /** @type {number} */ y, /** @type {string | null} */ text) {
    tipElement.classList.toggle('hidden', text === null);
    if (text === null) return;
    tipElement.textContent = text;
    const left = x + 14 + tipElement.offsetWidth > size.width ? x - 14 - tipElement.offsetWidth : x + 14;
    tipElement.style.left = `${Math.max(left, 0)}px`;
    tipElement.style.top = `${Math.max(y - 10, 0)}px`;
  }
  return { element, canvas, redraw, redrawOver, tip, size: () => size };
}

/** Whether an element is in sight, or nearly. @param {Element} element */
function isNear(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top < innerHeight && bottom > 0;
}

/** Draws on a canvas of a size, sharp. @param {HTMLCanvasElement} canvas @param {{ width: number, height: number }} size @param {Draw} draw */
function layer(canvas, { width, height }, draw) {
  const ratio = devicePixelRatio || 1;
  const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== tall) [canvas.width, canvas.height] = [wide, tall];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '11px system-ui, sans-serif';
  draw(context, width, height);
}

/** @typedef {{ left: number, right: number, top: number, bottom: number }} Frame */

/**
 * Axes with grid lines and labels.
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame in pixels
 * @param {import('./scale.js').Scale | null} x
 * @param {import('./scale.js').Scale | null} y
 * @param {{ x?: string, y?: string }} [names]
 */
export function axes(context, frame, x, y, names = {}) {
  const colours = theme();
  context.lineWidth = 1;
  context.strokeStyle = colours.grid;
  context.fillStyle = colours.dim;
  context.textBaseline = 'middle';
  if (y) {
    context.textAlign = 'right';
    for (const tick of spaced(y, 14)) {
      const at = Math.round(y.at(tick.value)) + 0.5;
      line(context, frame.left, at, frame.right, at);
      context.fillText(fit(context, tick.label, frame.left - 8), frame.left - 6, at);
    }
  }
  if (x) {
    context.textAlign = 'center';
    context.textBaseline = 'top';
    const room = x.kind === 'levels' ? (frame.right - frame.left) / Math.max(x.ticks.length, 1) : 60;
    for (const tick of spaced(x, x.kind === 'levels' ? 26 : 44)) {
      const at = Math.round(x.at(tick.value)) + 0.5;
      if (x.kind !== 'levels') line(context, at, frame.top, at, frame.bottom);
      context.fillText(fit(context, tick.label, Math.max(room, 26)), at, frame.bottom + 5);
    }
  }
  context.strokeStyle = colours.line;
  line(context, frame.left + 0.5, frame.top, frame.left + 0.5, frame.bottom);
  line(context, frame.left, frame.bottom + 0.5, frame.right, frame.bottom + 0.5);
  context.fillStyle = colours.faint;
  context.textAlign = 'right';
  context.textBaseline = 'top';
  if (names.x) context.fillText(fit(context, names.x, frame.right - frame.left), frame.right, frame.bottom + 19);
  context.textAlign = 'left';
  context.textBaseline = 'bottom';
  if (names.y) context.fillText(fit(context, names.y, frame.right - frame.left), 2, frame.top - 3);
}

/** Ticks that do not touch each other. @param {import('./scale.js').Scale} scale @param {number} room */
function spaced(scale, room) {
  let last = -Infinity;
  return scale.ticks.filter((tick) => {
    const at = scale.at(tick.value);
    if (Math.abs(at - last) < room) return false;
    last = at;
    return true;
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
export function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/**
 * A text cut to a width.
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
export function fit(context, text, width) {
  let shown = plain(text, 60);
  if (context.measureText(shown).width <= width) return shown;
  while (shown.length > 1 && context.measureText(`${shown}…`).width > width) shown = shown.slice(0, -1);
  return `${shown}…`;
}

/**
 * Where the pointer is on an element.
 * @param {PointerEvent} event
 * @param {HTMLElement} element
 */
export function place(event, element) {
  const box = element.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/** Says in a plot why there is nothing. @param {CanvasRenderingContext2D} context @param {number} width @param {number} height @param {string} text */
export function nothing(context, width, height, text) {
  context.fillStyle = theme().faint;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, width / 2, height / 2);
}
