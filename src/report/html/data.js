// The table, column by column: what a trial holds in one, and how that is shown.
const data = JSON.parse(document.getElementById('sweep-data').textContent);
const { heads, page, attempts, runs } = data;

const unpack = (packed) => {
  const bytes = atob(packed);
  const ids = [];
  for (let at = 0; at < bytes.length; at += 16) {
    let id = '';
    for (let k = at; k < at + 16; k++) id += bytes.charCodeAt(k).toString(16).padStart(2, '0');
    ids.push(id);
  }
  return ids;
};
const two = (x) => String(x).padStart(2, '0');
const moment = (ms) => {
  const t = new Date(ms);
  if (Number.isNaN(t.getTime())) return String(ms);
  const day = [t.getFullYear(), t.getMonth() + 1, t.getDate()].map(two).join('-');
  return day + ' ' + [t.getHours(), t.getMinutes(), t.getSeconds()].map(two).join(':');
};
for (const time of document.querySelectorAll('time')) {
  const ms = Number(time.dataset.ms);
  time.title = time.textContent;
  time.textContent = moment(ms);
}
const span = (ms) => {
  const s = Math.floor(ms / 1000);
  const pair = (whole, unit, rest, small) => whole + ' ' + unit + (rest ? ' ' + rest + ' ' + small : '');
  if (ms < 1000) return ms + ' ms';
  if (s < 60) return Number((ms / 1000).toPrecision(3)) + ' s';
  if (s < 3600) return pair(Math.floor(s / 60), 'min', s % 60, 's');
  if (s < 86400) return pair(Math.floor(s / 3600), 'h', Math.floor(s / 60) % 60, 'min');
  return pair(Math.floor(s / 86400), 'd', Math.floor(s / 3600) % 24, 'h');
};
const columns = data.columns.map((column, place) => {
  if (column.hex !== undefined) return { values: unpack(column.hex) };
  if (column.d) return { values: column.v.map((place) => (place === null ? null : column.d[place])) };
  if (column.from !== undefined) {
    return { values: column.v.map((ms) => (ms === null ? null : ms + column.from)), words: moment };
  }
  return { values: column.v, words: column.span ? span : place === 2 ? (x) => String(Number(x.toPrecision(6))) : String };
});
const count = columns[0].values.length;

// A value is a number, a text, or null.
const value = (i, column) => columns[column].values[i];
const text = (i, column) => {
  const own = value(i, column);
  if (own === null) return '';
  if (typeof own === 'string') return own;
  const attempt = column === 0 && attempts[i];
  return columns[column].words(own) + (attempt ? ' (' + attempt + ')' : '');
};
