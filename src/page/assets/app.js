// Which page an address is, and how one gets from one to the next without loading all again.

import { el, fill } from './dom.js';
import { SweepPage } from './sweep.js';
import { SweepsPage } from './sweeps.js';

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
/** @type {{ element: HTMLElement, close: () => void } | null} */
let shown = null;

// Clients of MLflow print links to pages of MLflow's: they are beside this one where the server has them.
const OF_MLFLOW = /^#\/(experiments|models|compare-|metric|prompts)/;

function show() {
  shown?.close();
  if (OF_MLFLOW.test(location.hash)) return location.replace(`/mlflow/${location.hash}`);
  const [first, id] = location.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (first === undefined) shown = new SweepsPage();
  else if (first === 'sweep' && id) shown = new SweepPage(id);
  else shown = { element: el('p', { class: 'empty', text: 'There is no such page' }), close() {} };
  fill(root, shown.element);
}

addEventListener('popstate', show);
document.addEventListener('click', (event) => {
  const link = /** @type {Element} */ (event.target).closest?.('a[href^="/"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  history.pushState(null, '', /** @type {HTMLAnchorElement} */ (link).getAttribute('href'));
  scrollTo(0, 0);
  show();
});
show();
