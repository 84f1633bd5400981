import { signal } from "./vendor/signals.js";
import { useMemo } from "./vendor/hooks.js";

/**
 * What is typed into a form, and the version of the invoice it was opened at: while nothing is typed that follows
 * the live version; from the first keystroke it stays, so that a change by someone else is a conflict and not a surprise.
 */
export function useForm(initial, version = null) {
  const form = useMemo(() => {
    const values = signal(initial);
    return {
      values,
      openedAt: version,
      dirty: false,
      set(name, value) {
        this.dirty = true;
        values.value = { ...values.value, [name]: value };
      },
      clear(at) {
        this.dirty = false;
        this.openedAt = at;
        values.value = initial;
      },
    };
  }, []);
  if (!form.dirty) form.openedAt = version;
  return form;
}
