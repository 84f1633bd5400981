import { signal } from "./vendor/signals.js";

/** The one sentence that is shown, and read aloud, when something was done. */
export const notice = signal(null);

let timer;

export function say(text) {
  clearTimeout(timer);
  notice.value = text;
  timer = setTimeout(() => (notice.value = null), 5000);
}
