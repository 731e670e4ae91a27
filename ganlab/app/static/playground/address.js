// @ts-check
// The address bar follows what is on screen: it is the link that the open panel offers to copy, so that a reload, or the address
// sent to another person, loses nothing. Inside another page of this app it is that page's address.
"use strict";

window.ganlabAddress = (() => {
  const SETTLED = 250; // milliseconds without a change
  const seen = window.frameElement ? window.parent : window;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  // The query of the open panel's own link; its name and the model alone where it has none yet, or an older model's.
  function query() {
    const model = window.ganlabChoice.chosen();
    const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("#link, .copy-link")]);
    const link = links.find((one) => /** @type {HTMLElement | null} */ (one.closest("[role=tabpanel]"))?.offsetParent);
    const found = new URLSearchParams(link ? new URL(link.href, location.href).search : "");
    return found.get("model") === model ? found : new URLSearchParams({ tab: window.ganlabChoice.opened(), model });
  }

  function follow() {
    if (!window.ganlabChoice.chosen()) return; // the page is not filled yet
    const wanted = query();
    const { pathname, search } = seen.location;
    const theme = new URLSearchParams(search).get("__theme");
    if (theme) wanted.set("__theme", theme);
    if (`?${wanted}` !== search) seen.history.replaceState(seen.history.state, "", `${pathname}?${wanted}`);
  }

  new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(follow, SETTLED);
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["href", "aria-selected"] });

  return { follow };
})();
