// The table of trials: sorted, filtered, a page at a time.
const table = document.querySelector('table.trials');
const body = table.tBodies[0];
const filter = document.getElementById('filter');
const status = document.getElementById('status');
const shown = document.getElementById('shown');
const back = document.getElementById('back');
const on = document.getElementById('on');

const element = (name, content, className) => {
  const made = document.createElement(name);
  made.textContent = content;
  if (className) made.className = className;
  return made;
};

let order = Array.from({ length: count }, (_, i) => i);
let view = order;
let first = 0;
let sorted = { column: -1, down: false };
// Set by the parallel coordinates: whether a trial lies within what was brushed.
let brushed = null;
const lowered = [];
const haystack = (i) => (lowered[i] ??= heads.map((_, column) => text(i, column)).join('\n').toLowerCase());

const draw = () => {
  const lines = document.createDocumentFragment();
  for (const i of view.slice(first, first + page)) {
    const line = document.createElement('tr');
    if (i === lead) line.className = 'first';
    heads.forEach((_, column) => {
      const td = document.createElement('td');
      const words = text(i, column);
      if (column === 1) {
        td.append(element('span', words, 'status status-' + words));
      } else if (runs && column === heads.length - 1) {
        const link = element('a', words);
        link.href = runs + words;
        link.target = '_blank';
        link.rel = 'noopener';
        td.append(link);
      } else {
        td.textContent = words;
        if (typeof value(i, column) === 'number') td.className = 'n';
        if (words.length > 30) td.title = words;
      }
      line.append(td);
    });
    lines.append(line);
  }
  body.replaceChildren(lines);
  const last = Math.min(first + page, view.length);
  const all = view.length === count ? '' : ' (of ' + count + ')';
  shown.textContent = view.length ? first + 1 + '–' + last + ' of ' + view.length + all : 'none' + all;
  back.disabled = first === 0;
  on.disabled = last >= view.length;
};

// Numbers before texts, gaps last, whichever way round; equal cells keep their order.
const rank = (cell) => (cell === null || cell === '' ? 2 : typeof cell === 'string' ? 1 : 0);
const compare = (column, down) => (a, b) => {
  const [x, y] = [value(a, column), value(b, column)];
  if (rank(x) !== rank(y)) return rank(x) - rank(y);
  const way = x < y ? -1 : x > y ? 1 : 0;
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
    const own = value(i, column);
    if (own === null) return false;
    if (!Number.isNaN(wanted) && typeof own === 'number') return test(own, wanted);
    return (parts[2] === '=' || parts[2] === '!=') && test(text(i, column).toLowerCase(), parts[3].toLowerCase());
  };
};

// The trials that count, the best first; the others behind them.
const { goal } = data;
const good = (i) => (value(i, 1) === 'FINISHED' || value(i, 1) === 'STOPPED') && typeof value(i, 2) === 'number';
const bestFirst = (a, b) => good(b) - good(a) || (good(a) ? compare(2, goal === 'maximize')(a, b) : a - b);
if (goal) order.sort(bestFirst);
const lead = goal && count && good(order[0]) ? order[0] : -1;

const cell = (words) => (/[",\n\r]/.test(words) ? '"' + words.replaceAll('"', '""') + '"' : words);
document.getElementById('csv').addEventListener('click', () => {
  const exact = (i, column) => {
    const own = value(i, column);
    return own === null ? '' : columns[column].words === moment ? new Date(own).toISOString() : String(own);
  };
  const rows = [heads, ...view.map((i) => heads.map((_, column) => exact(i, column)))];
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'], { type: 'text/csv' }));
  link.download = 'trials.csv';
  link.click();
  URL.revokeObjectURL(link.href);
});

const refresh = () => {
  const holds = condition(filter.value);
  const wanted = status.value;
  view = order.filter((i) => (!wanted || value(i, 1) === wanted) && (!brushed || brushed(i)) && holds(i));
  first = 0;
  draw();
};

[...table.tHead.rows[0].cells].forEach((head, column) => {
  head.querySelector('button').addEventListener('click', () => {
    sorted = { column, down: sorted.column === column ? !sorted.down : false };
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending');
    order = Array.from({ length: count }, (_, i) => i).sort(compare(column, sorted.down));
    refresh();
  });
});

status.append(new Option('every status', ''));
for (const word of [...new Set(columns[1].values)].sort()) status.append(new Option(word, word));
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
refresh();
