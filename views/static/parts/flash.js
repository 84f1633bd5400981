const calm = matchMedia("(prefers-reduced-motion: reduce)");
// When everything changes at once, more lights say nothing more, and cost the browser every frame.
const MOST = 16;
let lit = 0;

/** Lights an element up once, and lets it settle, because what it shows changed. */
export function flash(element) {
  if (!element || calm.matches || lit >= MOST) return;
  const { top, bottom } = element.getBoundingClientRect();
  if (bottom < 0 || top > innerHeight) return;
  const tint = getComputedStyle(element).getPropertyValue("--flash");
  const light = element.animate([{ backgroundColor: tint }, { backgroundColor: "transparent" }], { duration: 1200, easing: "ease-out" });
  lit += 1;
  light.finished.catch(() => {}).finally(() => (lit -= 1));
}
