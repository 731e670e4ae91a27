// In the head of a page that puts itself together piece by piece, before its own scripts: what stands already would jump with
// each piece, so it is shown when it is whole. `ganlabArriving(whole, rest, longest)`: `whole()` says whether it is, which
// must hold for `rest` milliseconds without a change; after `longest` milliseconds it is shown as it is.
window.ganlabArriving = (whole, rest = 0, longest = 4000) => {
  const root = document.documentElement;
  let resting = 0; // a timer
  const arrived = () => {
    watcher.disconnect();
    clearTimeout(late);
    clearTimeout(resting);
    root.classList.remove("arriving");
  };
  const look = () => {
    clearTimeout(resting);
    if (whole()) resting = setTimeout(arrived, rest);
  };
  const watcher = new MutationObserver(look);
  const late = setTimeout(arrived, longest);
  root.classList.add("arriving");
  watcher.observe(root, { subtree: true, childList: true, attributes: true });
};
