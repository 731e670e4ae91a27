// @ts-check
// Inside another page of this app, the live view makes its frame as tall as itself and takes the window's size for the screen's.

/** The element that this page stands in; null where it stands alone. */
export const frame = (() => {
  try {
    return /** @type {HTMLElement | null} */ (window.frameElement); // null at the top
  } catch {
    return null; // another site's frame: it stays as it is
  }
})();

/** The height that is seen of this page when it is scrolled to its top, in pixels. */
export function screenHeight() {
  if (!frame) return window.innerHeight;
  const above = Math.min(200, Math.max(0, frame.getBoundingClientRect().top));
  return window.parent.innerHeight - above;
}

/** The middle of what is seen of this page now, in pixels from its top. */
export function seenMiddle() {
  const top = frame ? Math.max(0, -frame.getBoundingClientRect().top) : 0;
  return (top + seenBottom()) / 2;
}

/** Down to where this page is seen now, in pixels from its top. */
export function seenBottom() {
  if (!frame) return window.innerHeight;
  const { top, bottom } = frame.getBoundingClientRect();
  return Math.min(window.parent.innerHeight, bottom) - top;
}

/** Keep `--screen` (a hundredth is what 1vh is to a page of its own) and the frame's height right. */
export function keepFrame() {
  const measure = () => document.documentElement.style.setProperty("--screen", `${screenHeight()}px`);
  measure();
  if (!frame) return;
  window.parent.addEventListener("resize", measure);
  window.addEventListener("pagehide", () => window.parent.removeEventListener("resize", measure));
  document.documentElement.dataset.framed = "yes";
  new ResizeObserver(() => (frame.style.height = `${Math.ceil(document.body.getBoundingClientRect().height)}px`)).observe(document.body);
}
