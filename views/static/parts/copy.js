import { html } from "../html.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { say } from "../notice.js";
import { Icon } from "./icon.js";

/** An id that can be read, selected and copied. `short` shows only its first characters. */
export function Copy({ text, short = 0, what = "id" }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 1200);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async (event) => {
    event.stopPropagation();
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      say(`Copied ${text.length > 60 ? what : text}`);
    } catch {
      say("The browser refused the clipboard: select the text instead");
    }
  };
  const shown = short && text.length > short ? `${text.slice(0, short)}…` : text;
  return html`<button type="button" class="copy mono" onClick=${copy} title=${`Copy ${text}`} aria-label=${`Copy ${what} ${text}`}>
    <span>${shown}</span><${Icon} name=${done ? "check" : "copy"} size=${12} /></button>`;
}

/** A command line with its copy button. */
export function CommandLine({ text }) {
  return html`<div class="command-line"><code tabindex="0">${text}</code><${CopyIcon} text=${text} /></div>`;
}

function CopyIcon({ text }) {
  const [done, setDone] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => {
    setDone(true);
    say("Command copied");
    setTimeout(() => setDone(false), 1200);
  }, () => say("The browser refused the clipboard: select the text instead"));
  return html`<button type="button" class="quiet square" onClick=${copy} aria-label=${`Copy the command ${text.slice(0, 40)}`}>
    <${Icon} name=${done ? "check" : "copy"} size=${14} /></button>`;
}
