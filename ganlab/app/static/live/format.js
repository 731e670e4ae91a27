// @ts-check
// Numbers as people read them.

/** @param {number} n */
export const count = (n) => Math.round(n).toLocaleString("en-US");

/**
 * 42 -> "0:42", 3725 -> "1:02:05".
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
}

/**
 * Where short times are set beside each other: 4.2 s, from a minute on as `duration`.
 *
 * @param {number} seconds
 */
export const elapsed = (seconds) => (seconds < 59.95 ? `${Math.max(0, seconds).toFixed(1)} s` : duration(seconds));

/**
 * Four significant digits at most; tiny and huge values in powers of ten.
 *
 * @param {number | null | undefined} x
 */
export function value(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  const size = Math.abs(x);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return x.toExponential(1).replace("-", "−");
  if (size >= 1000) return count(x).replace("-", "−");
  return x.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 3).replace("-", "−");
}

/**
 * Rates: 84.2, 5,376.
 *
 * @param {number} x
 */
export const rate = (x) => (x >= 100 ? count(x) : x.toFixed(x >= 10 ? 1 : 2));

/**
 * A setting as people write it.
 *
 * @param {import("./api.d.ts").Setting} x
 * @returns {string}
 */
export function setting(x) {
  if (x === null || x === "") return "–";
  if (Array.isArray(x)) return x.map(setting).join(", ");
  return typeof x === "number" ? x.toLocaleString("en-US", { maximumSignificantDigits: 6 }) : String(x);
}

/**
 * The time of day, with the date when it was not today: 14:02, 21 Nov 14:02; `exact` to the second.
 *
 * @param {number} timestamp seconds since 1970
 */
export function clock(timestamp, exact = false) {
  const then = new Date(1000 * timestamp);
  const time = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...(exact ? { second: "2-digit" } : {}) });
  const today = then.toDateString() === new Date().toDateString();
  return today ? time : `${then.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

/** @param {number} n */
export function bytes(n) {
  return n >= 1e9 ? `${(n / 1e9).toFixed(1)} GB` : `${Math.round(n / 1e6)} MB`;
}
