// @ts-check
// For a projector: one chart, sheet or table at a time, large; the arrow keys switch, Escape leaves.
/** @import { Lesson } from "../state/lesson.js" */
/** @import { View } from "../state/view.js" */
import { byId, make, setText } from "../dom.js";
import { frame } from "../frame.js";
import { CHARTS } from "../names.js";
import { words } from "../wording.js";

const MOVES = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowUp: -1, PageUp: -1, ArrowRight: 1, ArrowDown: 1, PageDown: 1 }); // a clicker sends PageUp and PageDown
const JOIN = "../api/lesson/join";

/** @typedef {{ name: string, title: string, element: HTMLElement }} Panel */

/** The one panel that is on the projector; on other screens it is marked. */
export class Presenter {
  #invited = false;
  #scrolled = "";

  /** @param {View} view @param {Lesson} lesson @param {() => void} redraw */
  constructor(view, lesson, redraw) {
    this.view = view;
    this.lesson = lesson;
    this.redraw = redraw;
    this.nav = byId("panels");
    this.invitation = byId("invitation");
    this.count = make("div", { class: "count" });
    this.here = make("span");
    this.on = !frame && new URLSearchParams(location.search).has("present");
    window.addEventListener("keydown", (event) => this.#key(event), { capture: true }); // before the player takes the arrows
    view.onChange((changes) => "panel" in changes && this.update());
    lesson.onNews(() => this.#invite());
    new MutationObserver(() => this.update()).observe(byId("charts"), { childList: true });
    this.#turn();
  }

  /** What can be presented now, in the page's order. @returns {Panel[]} */
  get panels() {
    /** @type {NodeListOf<HTMLElement>} */
    const charts = document.querySelectorAll(".chart");
    const sheet = /** @type {HTMLElement} */ (byId("sheets").parentElement);
    return [
      ...[...charts].map((element) => ({ name: element.classList[1], title: CHARTS[element.classList[1]]?.title ?? element.classList[1], element })),
      { name: "sheet", title: words.sheetPanel, element: sheet },
      { name: "doctor", title: words.doctorPanel, element: byId("doctor") },
      { name: "comparison", title: words.comparisonPanel, element: byId("comparison") },
    ].filter(({ element }) => !element.hidden);
  }

  /** Show the one that is presented; elsewhere mark it. */
  update() {
    const { panels, view } = this;
    const shown = panels.find(({ name }) => name === view.panel) ?? (this.on ? panels[0] : undefined);
    for (const { name, element } of panels) {
      element.toggleAttribute("data-presented", this.on && name === shown?.name);
      element.toggleAttribute("data-led", !this.on && name === shown?.name);
    }
    if (this.on) this.#name(panels, shown);
    else if (shown && this.#scrolled !== shown.name) shown.element.scrollIntoView({ block: "nearest" });
    this.#scrolled = shown?.name ?? "";
  }

  /** @param {Panel[]} panels @param {Panel | undefined} shown */
  #name(panels, shown) {
    const drawn = panels.map(({ name }) => name).join();
    if (this.nav.dataset.drawn !== drawn) {
      this.nav.dataset.drawn = drawn;
      const buttons = panels.map(({ name, title }) => make("button", { type: "button", class: "toggle", dataset: { name }, on: { click: () => this.#choose(name) } }, title));
      this.nav.replaceChildren(...buttons, make("span", { class: "text" }, words.presenterKeys));
    }
    for (const button of this.nav.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.name === shown?.name));
  }

  /** @param {string} panel */
  #choose(panel) {
    this.view.set({ panel });
    this.redraw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.on || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/** @type {Element} */ (event.target).closest?.("input, select, dialog")) return;
    const { panels } = this;
    if (event.key === "Escape") this.leave();
    else if (MOVES[event.key] && panels.length) {
      const at = Math.max(0, panels.findIndex(({ element }) => element.hasAttribute("data-presented")));
      this.#choose(panels[(at + MOVES[event.key] + panels.length) % panels.length].name);
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Back to the whole page. */
  leave() {
    this.on = false;
    const query = new URLSearchParams(location.search);
    query.delete("present");
    history.replaceState(history.state, "", `?${query}`);
    this.view.set({ panel: "" });
    this.#turn();
  }

  #turn() {
    document.documentElement.toggleAttribute("data-presenting", this.on);
    if (this.on) /** @type {HTMLDetailsElement} */ (byId("more")).open = true; // its charts are panels like the others
    this.#invite();
    this.update();
    this.redraw();
  }

  /** Where and by which code to join, and how many have: for the teacher's projector. */
  async #invite() {
    const { now } = this.lesson;
    const wanted = this.on && now.class && now.teaches;
    this.invitation.hidden = !wanted || !this.#invited;
    setText(this.count, String(now.students));
    setText(this.here, words.here(now.students));
    if (!wanted || this.#invited) return;
    this.#invited = true;
    const { address = "", code = "" } = await fetch(JOIN, { cache: "no-store" }).then((response) => response.json()).catch(() => ({}));
    if (!code) {
      this.#invited = false;
      return;
    }
    const picture = make("img", { src: `${JOIN}.svg`, alt: words.joinCode });
    const where = address ? [picture, make("span", {}, words.joinAt), make("strong", {}, address)] : [make("span", {}, words.noAddress)];
    this.invitation.replaceChildren(...where, make("span", {}, words.joinWith), make("b", {}, code), this.count, this.here);
    this.invitation.hidden = !this.on;
  }
}
