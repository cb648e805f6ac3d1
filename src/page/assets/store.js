// A small reactive store: a signal holds a value, an effect runs again after a signal that it has read has changed.

/** @type {Effect | null} */
let reader = null;
/** @type {Set<Effect>} */
const due = new Set();
let scheduled = false;

/** @typedef {{ run: () => void, sources: Set<Set<Effect>>, ended: boolean }} Effect */

/**
 * A value that can be watched.
 * @template T
 * @param {T} first
 * @returns {{ value: T }}
 */
export function signal(first) {
  let held = first;
  /** @type {Set<Effect>} */
  const readers = new Set();
  return {
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
 * Runs `work` now, and again before the next frame after anything that it has read has changed. Returns what ends that.
 * @param {() => void} work
 * @returns {() => void}
 */
export function effect(work) {
  /** @type {Effect} */
  const self = { run, sources: new Set(), ended: false };
  function run() {
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
  run();
  return () => {
    self.ended = true;
    for (const source of self.sources) source.delete(self);
  };
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
    try {
      effect.run();
    } catch (error) {
      // One panel that fails must not take the others along.
      console.error(error);
    }
  }
}
