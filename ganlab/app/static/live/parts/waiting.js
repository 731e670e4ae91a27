// @ts-check
/** @import { Run } from "../state/run.js" */
import { make, setText } from "../dom.js";
import { words } from "../wording.js";

/** What stands in place of curves and pictures before the first step, or when there will be none. */
export class Waiting {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.text = make("p");
    this.bar = make("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 });
    this.fill = make("i");
    this.list = make("ul");
    this.bar.append(this.fill);
    element.append(make("div", { class: "pulse" }), this.text, this.bar, this.list);
  }

  /**
   * Show what `runs` wait for, unless one of them has something to show.
   *
   * @param {Run[]} runs
   */
  update(runs) {
    const waiting = runs.length > 0 && !runs.some((run) => run.begun);
    this.element.hidden = !waiting;
    if (!waiting) return;
    const run = runs.find((one) => one.active) ?? runs[0];
    if (run.link === "gone" && !this.list.childElementCount) this.offer();
    this.element.dataset.state = run.link === "gone" ? "gone" : (run.status?.state ?? "connecting");
    setText(this.text, words.waiting(run));
    const part = partDone(run.status);
    this.bar.hidden = part === null || !run.active;
    const percent = (100 * (part ?? 0)).toFixed(0);
    this.fill.style.width = `${percent}%`;
    this.bar.setAttribute("aria-valuenow", percent);
    this.bar.setAttribute("aria-label", words.progressOf(run.title));
  }

  /** There is no run to show: offer those there are. */
  async offer() {
    this.element.hidden = false;
    this.bar.hidden = true;
    /** @type {import("../api.d.ts").Summary[]} */
    const runs = await fetch("../api/runs?limit=24").then((response) => response.json()).catch(() => []);
    const whole = runs.filter((run) => !run.problem);
    setText(this.text, words.offer(whole.length));
    const here = new URLSearchParams({ theme: document.documentElement.dataset.theme ?? "" });
    this.list.replaceChildren(
      ...whole.slice(0, 12).map((run) => {
        here.set("run", run.id);
        return make("li", {}, make("a", { href: `?${here}` }, run.title), ` ${words.runOffered(run.created, run.status)}`);
      }),
      ...runs.filter((run) => run.problem).slice(0, 12).map((run) => make("li", {}, run.problem ?? "")),
    );
  }
}

/**
 * The part that is done of what is counted before the first step; null when nothing is counted.
 *
 * @param {import("../api.d.ts").Status | null} status
 */
function partDone(status) {
  return status?.total ? status.done / status.total : null;
}
