import { go, route } from "./router.js";

/** Keys that work wherever nothing is being typed: / search, c create, j and k along the rows. */
export function startKeys() {
  addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "/") {
      event.preventDefault();
      const box = document.querySelector("[type=search]");
      if (box) {
        box.focus(); // at once: the next key is already meant for it
      } else {
        go("/");
        requestAnimationFrame(() => document.querySelector("[type=search]")?.focus());
      }
    } else if (event.key === "c") {
      event.preventDefault();
      go(route.value.name === "orders" ? "/orders?new=1" : "/?new=1");
    } else if (event.key === "j" || event.key === "k") {
      const links = [...document.querySelectorAll("[data-row]")];
      const at = links.indexOf(document.activeElement);
      const next = links[event.key === "j" ? Math.min(links.length - 1, at + 1) : Math.max(0, at - 1)];
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
    }
  });
}
