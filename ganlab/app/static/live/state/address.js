// @ts-check
// The visible address bar. In another page of this app it is that page's, whose query is the page's own and is sent
// to the server with every click there: what is on screen stands behind its #.
import { frame } from "../frame.js";

const seen = frame ? /** @type {Window & typeof globalThis} */ (window.parent) : window;

/** What of a page's address says what it shows; pages that are not named here are nobody else's business. */
const KEYS = /** @type {Record<string, string[]>} */ ({ watch: ["run", "runs"], play: ["tab", "model"], evaluate: ["job"] });

/** @typedef {{ page: string, query: Record<string, string> }} Place */

/**
 * Where this browser is; null on a page that is not followed.
 *
 * @returns {Place | null}
 */
export function place() {
  const page = frame ? (seen.location.pathname.split("/").at(-1) ?? "") : "watch";
  const known = KEYS[page];
  if (!known) return null;
  const query = new URLSearchParams(seen.location.search);
  return { page, query: Object.fromEntries(known.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? ""]] : []))) };
}

/** Whether this is the page where one prepares a run of one's own: who is there is not led away. */
export function prepares() {
  return frame && seen.location.pathname.split("/").at(-1) === "train";
}

/**
 * Go to a place in this app with a view of it; the pages inside change without a reload where they can.
 *
 * @param {Place} to
 * @param {Record<string, string>} [view]
 */
export function goTo({ page, query }, view = {}) {
  if (!(page in KEYS)) return;
  const search = new URLSearchParams(query);
  if (!frame) {
    const own = new URLSearchParams(seen.location.search);
    for (const kept of ["theme", "present", ...(own.has("present") ? ["panel"] : [])]) if (own.has(kept)) search.set(kept, own.get(kept) ?? "");
    if (page === "watch") seen.location.replace(`?${readable(new URLSearchParams({ ...Object.fromEntries(search), ...view }))}`);
    else if (!own.has("present")) seen.location.assign(`../${page}?${readable(search)}`);
    return;
  }
  const url = new URL(page, seen.location.href); // beside this page, whatever prefix the app is served under
  url.search = readable(search);
  url.hash = readable(new URLSearchParams(view));
  seen.history.pushState(null, "", url);
  seen.dispatchEvent(new seen.PopStateEvent("popstate", { state: null })); // by which Streamlit knows that the address has changed
}

/** The view as the address holds it. */
export function viewQuery() {
  return new URLSearchParams(frame ? seen.location.hash.slice(1) : seen.location.search);
}

/**
 * Let the address lead back to the view.
 *
 * @param {URLSearchParams} query
 */
export function keepViewQuery(query) {
  const { pathname, search } = seen.location;
  const text = readable(query);
  seen.history.replaceState(seen.history.state, "", frame ? pathname + search + (text && `#${text}`) : `?${text}`);
}

/** The address for others, without this browser's theme and without presenting. */
export function shared() {
  const url = new URL(seen.location.href);
  url.searchParams.delete("theme");
  url.searchParams.delete("present");
  url.search = readable(url.searchParams);
  return url.href;
}

/** @param {URLSearchParams} query */
const readable = (query) => query.toString().replace(/%2C|%2F|%3A/g, decodeURIComponent);
