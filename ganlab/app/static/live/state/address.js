// The address bar that a person sees. In another page of this app it is that page's, whose query is the page's own and is sent
// to the server with every click there: what is on screen stands behind its #.
import { frame } from "../frame.js";

const seen = frame ? window.parent : window;

/** What the address says of the view. */
export function viewQuery() {
  return new URLSearchParams(frame ? seen.location.hash.slice(1) : seen.location.search);
}

/** Let the address lead back to the view. */
export function keepViewQuery(query) {
  const { pathname, search } = seen.location;
  const text = readable(query);
  seen.history.replaceState(seen.history.state, "", frame ? pathname + search + (text && `#${text}`) : `?${text}`);
}

/** The address for others, who see it in their own theme. */
export function shared() {
  const url = new URL(seen.location.href);
  url.searchParams.delete("theme");
  url.search = readable(url.searchParams);
  return url.href;
}

const readable = (query) => query.toString().replace(/%2C|%2F|%3A/g, decodeURIComponent);
