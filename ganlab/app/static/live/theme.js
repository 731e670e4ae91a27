// @ts-check
// Dark or light: what the URL asks for, else what the system prefers. Colours live in tokens.css; Plotly reads them here.

const dark = matchMedia("(prefers-color-scheme: dark)");
const asked = new URLSearchParams(location.search).get("theme") ?? "";
/** @type {(() => void)[]} */
const listeners = [];

function apply() {
  document.documentElement.dataset.theme = ["dark", "light"].includes(asked) ? asked : dark.matches ? "dark" : "light";
  for (const listener of listeners) listener();
}

dark.addEventListener("change", apply);
apply();

/** @param {() => void} listener */
export const onTheme = (listener) => listeners.push(listener);

/**
 * The value of a custom property, e.g. colour("--ink").
 *
 * @param {string} name
 */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The size of a rem in pixels. */
export const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
