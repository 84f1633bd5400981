import { signal } from "../vendor/signals.js";
import { call } from "../api.js";
import { orderFeed } from "../feed.js";

/**
 * What the workers count and no feed tells: asked at once, and again, not too often, while orders change.
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
    const again = () => (timer ??= setTimeout(() => {
      timer = null;
      read();
    }, everyMs));
    const ends = [orderFeed.on("orders", again), orderFeed.on("checks", again), orderFeed.on("recovered", read)];
    read();
    return () => {
      clearTimeout(timer);
      ends.forEach((end) => end());
    };
  }
  return { answer, read, follow };
}
