// A few curves in one plot, with their names.

import { theme } from './colour.js';
import { el, plain, quoted } from './dom.js';
import { axes, plot } from './plot.js';
import { ascending, numeric, robust, spreads } from './scale.js';
import { numeral } from './trials.js';

/**
 * @param {string} title
 * @param {{ name: string, colour: string, points: [number, any][] }[]} curves
 */
export function curvesPlot(title, curves) {
  const drawn = plot(170, `${plain(title, 40)} over steps`, (context, width, height) => {
    const frame = { left: 52, right: width - 8, top: 8, bottom: height - 24 };
    const clean = curves.map((curve) => ({ ...curve, points: curve.points.map(([step, value]) => [step, numeral(value) ?? NaN]).filter(([, value]) => Number.isFinite(value)) })).filter(({ points }) => points.length > 0);
    if (clean.length === 0) return;
    const values = ascending(Float64Array.from(clean.flatMap(({ points }) => points.map(([, value]) => value))));
    const steps = clean.flatMap(({ points }) => [points[0][0], points[points.length - 1][0]]);
    const log = spreads(values);
    const x = numeric([Math.min(...steps), Math.max(...steps)], [frame.left, frame.right], { ticks: 4, pad: false });
    const y = numeric(robust(values, log).domain, [frame.bottom, frame.top], { log, ticks: 4 });
    axes(context, frame, x, y);
    for (const { points, colour } of clean) {
      context.strokeStyle = colour || theme().accent;
      context.lineWidth = 1.8;
      context.beginPath();
      points.forEach(([step, value], place) => {
        const top = Math.min(Math.max(y.at(value), frame.top), frame.bottom);
        if (place === 0) context.moveTo(x.at(step), top);
        else context.lineTo(x.at(step), top);
      });
      context.stroke();
    }
  });
  drawn.redraw();
  return el('figure', {}, el('figcaption', {}, quoted(title)), drawn.element);
}
