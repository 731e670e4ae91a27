// Streamlit makes a new entry of the browser's history for every address that a page writes, so that Back would lead through
// each change of a form. Another page, run or measurement is another place; anything else changes the entry that is there.
(() => {
  const push = history.pushState.bind(history);
  const subjects = ["run", "runs", "job"];
  /** The last address that was written below the same path: where, from which, and whether as an entry of its own. */
  let last = { href: "", before: "", pushed: false };

  /** @param {URL} url */
  function subject(url) {
    return subjects.map((name) => url.searchParams.get(name) ?? "").join();
  }

  history.pushState = (state, unused, url) => {
    const here = new URL(location.href);
    const there = new URL(url ?? "", here);
    if (here.pathname === there.pathname) {
      const unnamed = subject(here) === subject(new URL(here.pathname, here));
      const pushed = !unnamed && subject(here) !== subject(there);
      last = { href: there.href, before: here.href, pushed };
      if (pushed) {
        push(state, unused, url);
      } else {
        history.replaceState(state, unused, url);
      }
    } else if (last.href === here.href && here.search && here.search === there.search) {
      // A page that leads to another one writes the other's query first: that was no place.
      if (last.pushed) {
        history.replaceState(state, unused, url);
      } else {
        history.replaceState(state, unused, last.before);
        push(state, unused, url);
      }
    } else {
      push(state, unused, url);
    }
  };
})();
