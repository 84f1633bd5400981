const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Lights an element up once, and lets it settle, because what it shows changed. */
export function flash(element) {
  if (!element || calm.matches) return;
  const tint = getComputedStyle(element).getPropertyValue("--flash");
  element.animate([{ backgroundColor: tint }, { backgroundColor: "transparent" }], { duration: 1200, easing: "ease-out" });
}
