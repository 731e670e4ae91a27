// @ts-check
// The visible address bar. In another page of this app it is that page's, whose query is the page's own and is sent
// to the server with every click there: what is on screen stands behind its #.
import { frame } from "../frame.js";

const seen = frame ? window.parent : window;

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

/** The address for others, without this browser's theme. */
export function shared() {
  const url = new URL(seen.location.href);
  url.searchParams.delete("theme");
  url.search = readable(url.searchParams);
  return url.href;
}

/** @param {URLSearchParams} query */
const readable = (query) => query.toString().replace(/%2C|%2F|%3A/g, decodeURIComponent);
