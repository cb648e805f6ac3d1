// Parallel coordinates: every trial as a line on a canvas below the axes of the SVG; a drag along an axis keeps the lines
// that pass there, in the table too; a click on the axis lets go.
const figure = document.getElementById('parallel');
if (figure && data.parallel && data.parallel.axes.length) {
  const { axes, top: topEdge, height: tall, spread, inks, down } = data.parallel;
  const svg = figure.querySelector('svg');
  const hint = figure.querySelector('.hint');
  const [wide, high] = [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
  for (const path of svg.querySelectorAll('path.lines, path.lead')) path.remove();
  const paper = svg.querySelector('rect');
  paper.setAttribute('fill', 'transparent');
  const canvas = document.createElement('canvas');
  svg.before(canvas);
  const pen = canvas.getContext('2d');

  const drawn = order.slice().sort((a, b) => a - b).filter(counts);
  const metric = (i) => value(i, 2);
  const ranked = drawn.slice();
  ranked.sort((a, b) => (down ? metric(b) - metric(a) : metric(a) - metric(b)));
  // A group a colour, the best last: it is drawn on top.
  const groups = Array.from({ length: inks }, () => []);
  ranked.forEach((i, rank) => groups[Math.floor((rank * inks) / ranked.length)].push(i));
  const shares = axes.map((axis) => {
    const list = new Float32Array(count).fill(NaN);
    for (const i of drawn) list[i] = share(axis, i, spread);
    return list;
  });
  const brushes = axes.map(() => null);
  const within = (i) => brushes.every((brush, k) => !brush || (shares[k][i] >= brush[0] && shares[k][i] <= brush[1]));
  const level = (s) => topEdge + tall * (1 - s);

  // Lines of one stroke do not darken one another, and a stroke for each would be slow: so some hundred strokes.
  const STROKES = 400;
  const strokeAll = (own, list) => {
    const batch = Math.ceil(list.length / STROKES);
    for (let from = 0; from < list.length; from += batch) strokeSome(own, list.slice(from, from + batch));
  };
  const strokeSome = (own, list) => {
    own.beginPath();
    for (const i of list) {
      let joined = false;
      for (let k = 0; k < axes.length; k++) {
        const s = shares[k][i];
        if (Number.isNaN(s)) { joined = false; continue; }
        if (joined) own.lineTo(axes[k].x, level(s));
        else own.moveTo(axes[k].x, level(s));
        joined = true;
      }
    }
    own.stroke();
  };
  // All lines, drawn once for a size and a scheme: what a brush leaves out shows through from here.
  const whole = document.createElement('canvas');
  const fit = (sheet, ratio) => {
    sheet.width = Math.round(wide * ratio);
    sheet.height = Math.round(high * ratio);
    const own = sheet.getContext('2d');
    own.setTransform(ratio, 0, 0, ratio, 0, 0);
    own.lineJoin = 'round';
    return own;
  };
  // The more lines, the fainter each.
  const faint = Math.min(0.8, Math.max(0.06, 6 / Math.sqrt(drawn.length)));
  const drawGroups = (own, style, chosen, alpha) => {
    groups.forEach((list, place) => {
      const good = place / (inks - 1);
      own.strokeStyle = style.getPropertyValue('--ramp-' + place);
      own.globalAlpha = Math.min(0.9, alpha * (0.5 + 1.5 * good));
      own.lineWidth = drawn.length < 1000 ? 0.8 + good : 1;
      strokeAll(own, list.filter(chosen));
    });
    const lead = ranked[ranked.length - 1];
    if (data.parallel.lead && lead !== undefined && chosen(lead)) {
      own.strokeStyle = style.getPropertyValue('--best');
      [own.globalAlpha, own.lineWidth] = [1, 2.6];
      strokeSome(own, [lead]);
    }
    own.globalAlpha = 1;
  };
  let fresh = false;
  const prepare = (style) => {
    const box = svg.getBoundingClientRect();
    const ratio = (box.width / wide) * (devicePixelRatio || 1);
    canvas.style.width = box.width + 'px';
    canvas.style.height = box.height + 'px';
    fit(canvas, ratio);
    drawGroups(fit(whole, ratio), style, () => true, faint);
    fresh = true;
  };
  const paint = () => {
    const style = getComputedStyle(figure);
    if (!fresh) prepare(style);
    const active = brushes.some(Boolean);
    pen.clearRect(0, 0, wide, high);
    pen.globalAlpha = active ? 0.2 : 1;
    pen.drawImage(whole, 0, 0, wide, high);
    pen.globalAlpha = 1;
    const kept = active ? drawn.filter(within).length : 0;
    if (active) {
      drawGroups(pen, style, within, Math.min(0.8, Math.max(faint, 6 / Math.sqrt(kept + 1))));
      pen.fillStyle = style.getPropertyValue('--best');
      pen.globalAlpha = 0.25;
      brushes.forEach((brush, k) => {
        if (!brush) return;
        pen.fillRect(axes[k].x - 7, level(brush[1]), 14, Math.max(2, level(brush[0]) - level(brush[1])));
      });
      pen.globalAlpha = 1;
    }
    hint.textContent = active
      ? kept + ' of ' + drawn.length + ' trials lie within what you marked; a click on an axis lets go of it.'
      : 'Drag along an axis to keep the trials that pass there: ' + drawn.length + ' drawn.';
  };
  let asked = 0;
  const repaint = () => { asked ||= requestAnimationFrame(() => { asked = 0; paint(); }); };

  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const scale = wide / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };
  const nearest = (x) => {
    const reach = Math.min(24, (axes[1].x - axes[0].x) / 2);
    return axes.findIndex((axis) => Math.abs(axis.x - x) <= reach);
  };
  const height = (y) => clamp(1 - (y - topEdge) / tall);
  let drag = null;
  const select = () => {
    brushed = brushes.some(Boolean) ? (i) => counts(i) && within(i) : null;
    refresh();
  };
  svg.addEventListener('pointerdown', (event) => {
    const [x, y] = at(event);
    const axis = nearest(x);
    if (axis < 0 || y < topEdge - 12 || y > topEdge + tall + 12) return;
    drag = { axis, from: height(y) };
    brushes[axis] = null;
    if (event.isTrusted) svg.setPointerCapture(event.pointerId);
    event.preventDefault();
    repaint();
  });
  svg.addEventListener('pointermove', (event) => {
    const [x, y] = at(event);
    svg.style.cursor = drag || nearest(x) >= 0 ? 'ns-resize' : '';
    if (!drag) return;
    const to = height(y);
    const long = Math.abs(to - drag.from) * tall > 3;
    brushes[drag.axis] = long ? [Math.min(drag.from, to), Math.max(drag.from, to)] : null;
    repaint();
  });
  const end = () => {
    if (!drag) return;
    drag = null;
    select();
    repaint();
  };
  svg.addEventListener('pointerup', end);
  svg.addEventListener('pointercancel', end);
  const anew = () => { fresh = false; repaint(); };
  addEventListener('resize', anew);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', anew);
  repaint();
}
