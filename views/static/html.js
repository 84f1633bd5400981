import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";
import "./vendor/signals.js"; // teaches preact to follow signals

export const html = htm.bind(h);
