import { signal } from "./vendor/signals.js";

/** Milliseconds since 1970, one tick a second: what shows an age follows this. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 500);

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** "2026-11-21" as "21 Nov 2026". */
export function dayText(date) {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) ? String(date ?? "") : day.format(time);
}

/** An RFC 3339 time as the local time of day, with the day in front unless that is today. */
export function timeText(at) {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return String(at ?? "");
  const today = time.toDateString() === new Date(now.peek()).toDateString();
  return `${today ? "" : `${day.format(time)}, `}${clock.format(time)}`;
}

export function ageText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** A day of the local calendar as <input type=date> wants it. */
export function isoDay(offsetDays = 0) {
  const date = new Date(Date.now() + offsetDays * 86_400_000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
