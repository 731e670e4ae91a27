// @ts-check
// A number that explains itself: a tap, a click or the keyboard's focus on it opens two sentences, which stay until another
// place is pressed, Escape, or the focus goes on. One popover serves the page.
import { seenBottom } from "../frame.js";
import { make, setText } from "../dom.js";

/** @import { Explanation } from "../explain/explanations.js" */

const GAP = 6; // pixels between a number and its explanation
const ID = "explanation";
/** @type {{ element: HTMLElement, title: HTMLElement, what: HTMLElement, good: HTMLElement } | null} */
let shown = null;
/** @type {HTMLElement | null} */
let asked = null; // the button whose explanation is open

/**
 * Make a button of a number explain it; `explain` is asked anew each time, since what is good depends on the values now.
 *
 * @template {HTMLElement} Button
 * @param {Button} button
 * @param {() => Explanation | null} explain
 * @returns {Button}
 */
export function explains(button, explain) {
  button.classList.add("ask");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", (event) => {
    event.preventDefault();
    if (asked === button) close();
    else open(button, explain());
  });
  button.addEventListener("focus", () => {
    if (button.matches(":focus-visible")) open(button, explain());
  });
  button.addEventListener("blur", () => asked === button && close());
  return button;
}

/** @param {HTMLElement} button @param {Explanation | null} explanation */
function open(button, explanation) {
  if (!explanation || asked === button) return;
  close();
  shown ??= made();
  setText(shown.title, explanation.title);
  setText(shown.what, explanation.what);
  setText(shown.good, explanation.good);
  shown.element.showPopover();
  asked = button;
  button.setAttribute("aria-expanded", "true");
  button.setAttribute("aria-describedby", ID);
  place(button, shown.element);
}

function close() {
  if (!asked) return;
  asked.setAttribute("aria-expanded", "false");
  asked.removeAttribute("aria-describedby");
  asked = null;
  if (shown?.element.matches(":popover-open")) shown.element.hidePopover();
}

function made() {
  const [title, what, good] = [make("h3"), make("p"), make("p")];
  const element = make("div", { id: ID, class: "explanation", role: "note", popover: "manual" }, title, what, good);
  document.body.append(element);
  window.addEventListener("keydown", (event) => event.key === "Escape" && close());
  window.addEventListener("pointerdown", (event) => {
    const target = /** @type {Node} */ (event.target);
    if (asked && !asked.contains(target) && !element.contains(target)) close();
  });
  window.addEventListener("resize", close);
  return { element, title, what, good };
}

/**
 * Below the number, or above it where there is no room.
 *
 * @param {HTMLElement} button
 * @param {HTMLElement} element
 */
function place(button, element) {
  const at = button.getBoundingClientRect();
  const { width, height } = element.getBoundingClientRect();
  const left = Math.max(GAP, Math.min(at.left, document.documentElement.clientWidth - width - GAP));
  const below = at.bottom + GAP + height <= seenBottom() || at.top < height + GAP;
  element.style.left = `${window.scrollX + left}px`;
  element.style.top = `${window.scrollY + (below ? at.bottom + GAP : at.top - GAP - height)}px`;
}
