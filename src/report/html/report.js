'use strict';
(() => {
  const data = JSON.parse(document.getElementById('sweep-data').textContent);
  const { heads, rows, marks, page, fixed } = data;
  const table = document.querySelector('table.trials');
  const body = table.tBodies[0];
  const filter = document.getElementById('filter');
  const status = document.getElementById('status');
  const shown = document.getElementById('shown');
  const back = document.getElementById('back');
  const on = document.getElementById('on');

  // A cell is a text, or [what is shown] or [what is shown, the number it stands for].
  const text = (cell) => (typeof cell === 'string' ? cell : cell[0]);
  const exact = (cell) => (typeof cell === 'string' ? cell : cell[cell.length - 1]);
  const number = (cell) => (typeof cell === 'string' ? NaN : Number(exact(cell)));

  const element = (name, content, className) => {
    const made = document.createElement(name);
    made.textContent = content;
    if (className) made.className = className;
    return made;
  };

  let order = rows.map((_, i) => i);
  let view = order;
  let first = 0;
  let sorted = { column: -1, down: false };
  const lowered = [];
  const haystack = (i) => (lowered[i] ??= rows[i].map((cell) => text(cell) + ' ' + exact(cell)).join('\n').toLowerCase());

  const draw = () => {
    const lines = document.createDocumentFragment();
    for (const i of view.slice(first, first + page)) {
      const line = document.createElement('tr');
      rows[i].forEach((cell, column) => {
        const td = document.createElement('td');
        if (column === 1) {
          td.append(element('span', text(cell), 'status status-' + text(cell)));
        } else {
          td.textContent = text(cell);
          if (typeof cell !== 'string') td.className = 'n';
          if (text(cell) !== exact(cell) && (column === 2 || column >= fixed)) td.title = exact(cell);
          else if (text(cell).length > 30) td.title = text(cell);
        }
        line.append(td);
      });
      lines.append(line);
    }
    body.replaceChildren(lines);
    const last = Math.min(first + page, view.length);
    const all = view.length === rows.length ? '' : ' (of ' + rows.length + ')';
    shown.textContent = view.length ? first + 1 + '–' + last + ' of ' + view.length + all : 'none' + all;
    back.disabled = first === 0;
    on.disabled = last >= view.length;
  };

  // Numbers before texts, gaps last, whichever way round; equal cells keep their order.
  const compare = (column, down) => (a, b) => {
    const [x, y] = [rows[a][column], rows[b][column]];
    const rank = (cell) => (text(cell) === '' ? 2 : Number.isNaN(number(cell)) ? 1 : 0);
    if (rank(x) !== rank(y)) return rank(x) - rank(y);
    const way = rank(x) === 0 ? number(x) - number(y) : text(x) < text(y) ? -1 : text(x) > text(y) ? 1 : 0;
    return (down ? -way : way) || a - b;
  };

  const tests = {
    '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
    '=': (a, b) => a === b, '!=': (a, b) => a !== b,
  };
  // "name < 0.1" where name is a column's; anything else is looked for in all cells.
  const condition = (words) => {
    const parts = words.match(/^\s*(.+?)\s*(<=|>=|!=|=|<|>)\s*(.+?)\s*$/);
    const column = parts ? heads.findIndex((head) => head.toLowerCase() === parts[1].toLowerCase()) : -1;
    if (column < 0) {
      const needle = words.trim().toLowerCase();
      return needle ? (i) => haystack(i).includes(needle) : () => true;
    }
    const test = tests[parts[2]];
    const wanted = Number(parts[3]);
    return (i) => {
      const cell = rows[i][column];
      if (text(cell) === '') return false;
      if (!Number.isNaN(wanted) && !Number.isNaN(number(cell))) return test(number(cell), wanted);
      return (parts[2] === '=' || parts[2] === '!=') && test(text(cell).toLowerCase(), parts[3].toLowerCase());
    };
  };

  const refresh = () => {
    const holds = condition(filter.value);
    const wanted = status.value;
    view = order.filter((i) => (!wanted || text(rows[i][1]) === wanted) && holds(i));
    first = 0;
    draw();
  };

  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.querySelector('button').addEventListener('click', () => {
      sorted = { column, down: sorted.column === column ? !sorted.down : false };
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending');
      order = rows.map((_, i) => i).sort(compare(column, sorted.down));
      refresh();
    });
  });

  status.append(new Option('every status', ''));
  for (const word of [...new Set(rows.map((row) => text(row[1])))].sort()) status.append(new Option(word, word));
  status.addEventListener('change', refresh);
  let waiting = 0;
  filter.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 80);
  });
  const turn = (by) => { first = Math.max(0, first + by); draw(); };
  back.addEventListener('click', () => turn(-page));
  on.addEventListener('click', () => turn(page));
  document.querySelector('.bar').hidden = false;
  draw();

  // Tooltips: the mark nearest to the pointer, within a few units of the plot.
  const tip = document.getElementById('tip');
  const describe = (i) =>
    heads
      .map((head, column) => (text(rows[i][column]) === '' ? '' : head + ': ' + text(rows[i][column])))
      .filter(Boolean)
      .slice(0, 14)
      .join('\n');
  const distance = ([x, y, width = 0, height = 0], px, py) =>
    Math.hypot(Math.max(x - px, 0, px - x - width), Math.max(y - py, 0, py - y - height));
  for (const [id, boxes] of Object.entries(marks)) {
    const svg = document.querySelector('#' + id + ' svg');
    if (!svg) continue;
    svg.addEventListener('pointermove', (event) => {
      const box = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / box.width;
      const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      let [best, reach] = [-1, 9];
      boxes.forEach((mark, i) => {
        const away = mark ? distance(mark, px, py) : Infinity;
        if (away < reach) [best, reach] = [i, away];
      });
      tip.hidden = best < 0;
      if (best < 0) return;
      tip.textContent = describe(best);
      const [width, height] = [tip.offsetWidth, tip.offsetHeight];
      tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 4)) + 'px';
      tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 4)) + 'px';
    });
    svg.addEventListener('pointerleave', () => { tip.hidden = true; });
  }
})();
