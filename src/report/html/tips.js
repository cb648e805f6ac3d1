// Tooltips: the mark nearest to the pointer, within a few units of the plot.
const tip = document.getElementById('tip');
const describe = (i) =>
  heads
    .map((head, column) => (text(i, column) === '' ? '' : head + ': ' + text(i, column)))
    .filter(Boolean)
    .slice(0, 14)
    .join('\n');
const REACH = 9;
const hideTip = () => { tip.hidden = true; };
const showTip = (i, event) => {
  tip.hidden = false;
  tip.textContent = describe(i);
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 4)) + 'px';
  tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 4)) + 'px';
};
// Calls back with the pointer's place in the plot's own units.
const watch = (svg, find) => {
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const i = find((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    if (i < 0) hideTip();
    else showTip(i, event);
  });
  svg.addEventListener('pointerleave', hideTip);
};
for (const [id, { x, y, w, h }] of Object.entries(data.marks)) {
  const svg = document.querySelector('#' + id + ' svg');
  if (!svg) continue;
  watch(svg, (px, py) => {
    let [best, reach] = [-1, REACH];
    for (let i = 0; i < count; i++) {
      if (y[i] < 0) continue;
      const across = Math.max(x[i] - px, 0, px - x[i] - (w[i] || 0));
      const down = Math.max(y[i] - py, 0, py - y[i] - h);
      if (across >= reach || down >= reach) continue;
      const away = Math.hypot(across, down);
      if (away < reach) [best, reach] = [i, away];
    }
    return best;
  });
}

// Where a trial lies on an axis, as a share of it; levels are spread out a little, as the SVG does it.
const jitter = (i) => (Math.imul(value(i, 0), 0x9e3779b9) >>> 0) / 4294967296;
const clamp = (x) => Math.min(1, Math.max(0, x));
const share = (axis, i, spread) => {
  const own = value(i, axis.column);
  if (own === null) return NaN;
  if (axis.levels) {
    axis.places ??= new Map(axis.levels.map((level, at) => [level, at]));
    const at = axis.places.get(own) ?? axis.places.get(text(i, axis.column));
    return at === undefined ? NaN : (at + 0.5 + spread * (jitter(i) - 0.5)) / axis.levels.length;
  }
  if (typeof own !== 'number') return NaN;
  return clamp(((axis.log ? Math.log10(own) : own) - axis.low) / (axis.high - axis.low));
};
// The trials that plots of results show.
const counts = (i) => value(i, 1) === 'FINISHED' && typeof value(i, 2) === 'number';

const slices = document.querySelector('#slices svg');
if (slices && data.slices) {
  const { panels, spread, low, high, log } = data.slices;
  const own = (x) => (log ? Math.log10(x) : x);
  watch(slices, (px, py) => {
    const panel = panels.find(({ box: [left, top, width, height] }) =>
      px > left - REACH && px < left + width + REACH && py > top - REACH && py < top + height + REACH);
    if (!panel) return -1;
    const [left, top, width, height] = panel.box;
    let [best, reach] = [-1, REACH];
    for (let i = 0; i < count; i++) {
      if (!counts(i)) continue;
      const x = left + width * share(panel, i, spread);
      const y = top + height * (1 - clamp((own(value(i, 2)) - low) / (high - low)));
      const away = Math.hypot(x - px, y - py);
      if (away < reach) [best, reach] = [i, away];
    }
    return best;
  });
}
