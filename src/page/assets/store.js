// A small reactive store: a signal holds a value, an effect runs again after a signal that it has read has changed.

/** @type {Effect | null} */
let reader = null;
/** @type {Set<Effect>} */
const due = new Set();
let scheduled = false;

/** @typedef {{ run: () => void, sources: Set<Set<Effect>>, ended: boolean, waits: () => boolean }} Effect */

/** What may wait until there is time for it. @type {Set<Effect>} */
const later = new Set();
let idling = false;
/** What waits is done after this at the latest, in milliseconds. */
const LATEST = 400;

/**
 * A value that can be watched.
 * @template T
 * @param {T} first
 * @returns {{ value: T, readonly now: T }} `now` is the value without being told of its changes
 */
export function signal(first) {
  let held = first;
  /** @type {Set<Effect>} */
  const readers = new Set();
  return {
    get now() {
      return held;
    },
    get value() {
      if (reader) {
        readers.add(reader);
        reader.sources.add(readers);
      }
      return held;
    },
    set value(next) {
      if (Object.is(next, held)) return;
      held = next;
      for (const effect of readers) due.add(effect);
      schedule();
    },
  };
}

/**
 * Runs `work` now, and again before the next frame after anything that it has read has changed. Where `waits` says so, it runs
 * when there is time instead. Returns what ends that.
 * @param {() => void} work
 * @param {() => boolean} [waits]
 * @returns {() => void}
 */
export function effect(work, waits = () => false) {
  /** @type {Effect} */
  const self = { run, sources: new Set(), ended: false, waits };
  function run() {
    later.delete(self);
    if (self.ended) return;
    for (const source of self.sources) source.delete(self);
    self.sources.clear();
    const before = reader;
    reader = self;
    try {
      work();
    } finally {
      reader = before;
    }
  }
  if (waits()) putOff(self);
  else run();
  return () => {
    self.ended = true;
    later.delete(self);
    for (const source of self.sources) source.delete(self);
  };
}

/** Does what was put off and need not wait any longer. */
export function hurry() {
  for (const effect of [...later]) if (!effect.waits()) attempt(effect);
}

/** @param {Effect} effect */
function putOff(effect) {
  later.add(effect);
  if (idling) return;
  idling = true;
  if ('requestIdleCallback' in globalThis) requestIdleCallback(idle, { timeout: LATEST });
  else setTimeout(idle, LATEST / 4);
}

/** One of those that wait, then whatever else there is to do. */
function idle() {
  idling = false;
  const [first] = later;
  if (!first) return;
  attempt(first);
  const [next] = later;
  if (next) putOff(next);
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  // A page in the background gets no frames: it must not hold back what it has to say either.
  const soon = document.hidden ? (/** @type {() => void} */ work) => setTimeout(work, 50) : requestAnimationFrame;
  soon(flush);
}

function flush() {
  scheduled = false;
  const now = [...due];
  due.clear();
  for (const effect of now) {
    if (effect.ended) continue;
    if (effect.waits()) putOff(effect);
    else attempt(effect);
  }
}

/** @param {Effect} effect */
function attempt(effect) {
  try {
    effect.run();
  } catch (error) {
    // One panel that fails must not take the others along.
    console.error(error);
  }
}
