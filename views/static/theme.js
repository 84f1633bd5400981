import { signal } from "./vendor/signals.js";

const ORDER = ["system", "light", "dark"];

export const theme = signal(document.documentElement.dataset.theme ?? "system");

export function nextTheme() {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length];
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  try {
    localStorage.setItem("kawka-theme", theme.value);
  } catch {
    // The choice then lasts as long as the page.
  }
}
