// What the server sends: JSON once, then events that carry changes only.

import { signal } from './store.js';

/** An answer that is no data: what is wrong and what to do. */
export class Refusal extends Error {
  /** @param {string} message @param {string | null} hint @param {number} status */
  constructor(message, hint, status) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {AbortSignal} [abort]
 */
export async function load(path, abort) {
  const answer = await fetch(path, { signal: abort, headers: { accept: 'application/json' } });
  if (answer.ok) return answer.json();
  let said = { message: `the server answered ${answer.status}`, hint: null };
  try {
    said = await answer.json();
  } catch {
    // No JSON: the status has to do.
  }
  throw new Refusal(said.message, said.hint, answer.status);
}

/**
 * @typedef {object} Feed
 * @property {{ value: 'live' | 'away' | 'loading' }} state
 * @property {{ value: string }} trouble why the store can't be read
 * @property {() => void} close
 */

const RETRY = 1500;

/**
 * Loads `path`, hands the data to `first`, then each change to `change`; starts again where the server is another one.
 * @param {string} path
 * @param {string} events
 * @param {(data: any) => void} first
 * @param {(data: any) => void} change
 * @returns {Feed}
 */
export function follow(path, events, first, change) {
  const state = signal(/** @type {'live' | 'away' | 'loading'} */ ('loading'));
  const trouble = signal('');
  /** @type {EventSource | null} */
  let source = null;
  let closed = false;
  async function begin() {
    source?.close();
    try {
      const data = await load(path);
      if (closed) return;
      trouble.value = '';
      first(data);
      listen(data.seen);
    } catch (error) {
      if (closed) return;
      if (error instanceof Refusal && error.status !== 502) {
        trouble.value = error.hint ? `${error.message}\n${error.hint}` : error.message;
        state.value = 'loading';
      } else {
        state.value = 'away';
        trouble.value = error instanceof Refusal ? error.message : '';
      }
      setTimeout(begin, RETRY);
    }
  }
  /** @param {string} seen */
  function listen(seen) {
    source = new EventSource(`${events}?since=${encodeURIComponent(seen)}`);
    source.onopen = () => { state.value = 'live'; };
    source.onerror = () => {
      state.value = 'away';
      // The browser tries again by itself unless the server refused.
      if (source?.readyState === EventSource.CLOSED && !closed) setTimeout(begin, RETRY);
    };
    source.addEventListener('change', (event) => change(JSON.parse(event.data)));
    source.addEventListener('trouble', (event) => { trouble.value = JSON.parse(event.data).message ?? ''; });
    source.addEventListener('reset', () => { begin(); });
  }
  begin();
  return {
    state,
    trouble,
    close() {
      closed = true;
      source?.close();
    },
  };
}
