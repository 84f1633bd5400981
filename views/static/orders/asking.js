import { signal } from "../vendor/signals.js";
import { call } from "../api.js";
import { orderFeed } from "../feed.js";

// What changed last may take longer to be counted than to be told.
const LATER_MS = [3000, 10_000];

/**
 * What the workers count and no feed tells: asked at once, again, not too often, while orders change, and once they rest.
 * The signal holds {items: null until the first answer, problem, missing, ...}.
 */
export function asking(path, everyMs) {
  const answer = signal({ items: null, problem: null, missing: [] });
  async function read() {
    try {
      const { data } = await call(path);
      answer.value = { missing: [], ...data, problem: null };
    } catch (problem) {
      answer.value = { ...answer.peek(), problem };
    }
  }
  /** Follows it. Returns how to stop. */
  function follow() {
    let timer = null;
    let later = [];
    const again = () => {
      timer ??= setTimeout(() => {
        timer = null;
        read();
      }, everyMs);
      later.forEach(clearTimeout);
      later = LATER_MS.map((ms) => setTimeout(read, ms));
    };
    const ends = [orderFeed.on("orders", again), orderFeed.on("checks", again), orderFeed.on("recovered", read)];
    read();
    return () => {
      [timer, ...later].forEach(clearTimeout);
      ends.forEach((end) => end());
    };
  }
  return { answer, read, follow };
}
