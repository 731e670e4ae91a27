// In the head of a page that puts itself together piece by piece, before its own scripts: what stands already would jump with
// each piece, so it is shown when it is whole. `ganlabArriving(whole, rest, longest)`: `whole()` says whether it is, which
// must hold for `rest` milliseconds without a change; after `longest` milliseconds it is shown as it is.
window.ganlabArriving = (whole, rest = 0, longest = 4000) => {
  const root = document.documentElement;
  let resting = 0; // a timer
  let looking = 0; // the frame that looks next: once for all changes before it
  const arrived = () => {
    watcher.disconnect();
    clearTimeout(late);
    clearTimeout(resting);
    cancelAnimationFrame(looking);
    root.classList.remove("arriving");
  };
  const look = () => {
    looking = 0;
    if (!whole()) return;
    if (rest) resting = setTimeout(arrived, rest);
    else arrived();
  };
  const watcher = new MutationObserver(() => {
    clearTimeout(resting);
    looking ||= requestAnimationFrame(look);
  });
  const late = setTimeout(arrived, longest);
  root.classList.add("arriving");
  watcher.observe(root, { subtree: true, childList: true, attributes: true });
};
