import { html } from "../html.js";
import { useEffect, useId, useRef } from "../vendor/hooks.js";
import { faultAt } from "../command.js";

/** A labelled input of a form. `name` is the JSON path that a refusal names; the refusal then stands here, in words. */
export function Field({ label, name, form, state, valueName = name, hint, wide, ...input }) {
  const id = useId();
  const box = useRef();
  const fault = faultAt(state, name);
  useEffect(() => {
    if (fault) box.current?.focus();
  }, [fault, state]);
  const notes = [fault && `${id}-fault`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
  return html`<div class=${`field ${wide ? "wide" : ""}`}>
    <label for=${id}>${label}</label>
    <input id=${id} ref=${box} name=${name} value=${form.values.value[valueName] ?? ""} autocomplete="off"
      onInput=${(event) => form.set(valueName, event.currentTarget.value)}
      aria-invalid=${fault ? "true" : undefined} aria-describedby=${notes} ...${input} />
    ${fault && html`<p class="fault" id=${`${id}-fault`}>${fault}</p>`}
    ${hint && !fault && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}
