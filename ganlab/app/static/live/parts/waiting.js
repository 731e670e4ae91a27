import { make, setText } from "../dom.js";
import { clock, count } from "../format.js";

/** What stands in place of curves and pictures before the first step, or when there will be none. */
export class Waiting {
  constructor(element) {
    this.element = element;
    this.text = make("p");
    this.bar = make("div", { class: "bar" }, make("i"));
    this.list = make("ul");
    element.append(make("div", { class: "pulse" }), this.text, this.bar, this.list);
  }

  /** Show what `runs` wait for, unless one of them has something to show. */
  update(runs) {
    const waiting = runs.length > 0 && !runs.some((run) => run.begun);
    this.element.hidden = !waiting;
    if (!waiting) return;
    const told = runs.find((run) => run.active) ?? runs[0];
    if (told.link === "gone" && !this.list.childElementCount) this.offer();
    this.element.dataset.state = told.link === "gone" ? "gone" : (told.status?.state ?? "connecting");
    setText(this.text, sentence(told));
    const part = partDone(told.status?.message ?? "");
    this.bar.hidden = part === null || !told.active;
    this.bar.firstChild.style.width = `${100 * (part ?? 0)}%`;
  }

  /** There is no run to show: offer those there are. */
  async offer() {
    this.element.hidden = false;
    this.bar.hidden = true;
    const runs = await fetch("../api/runs").then((response) => response.json()).catch(() => []);
    setText(this.text, runs.length ? "Which run do you want to watch?" : "There is no run to watch yet.");
    const here = new URLSearchParams({ theme: document.documentElement.dataset.theme });
    this.list.replaceChildren(
      ...runs.slice(0, 12).map((run) => {
        here.set("run", run.id);
        return make("li", {}, make("a", { href: `?${here}` }, run.title), ` ${clock(run.created)}, ${run.status.state} at step ${count(run.status.step)}`);
      }),
    );
  }
}

function sentence(run) {
  if (run.link === "gone") return "Which run do you want to watch instead?";
  if (!run.status) return "Connecting…";
  if (run.status.state === "running") return run.status.message === "Training." ? "The first curves come in a moment." : run.status.message;
  if (run.active) return run.status.message;
  return "This run ended before its first step.";
}

/** "Loading MNIST: 12,000 of 60,000 images." -> 0.2; null when nothing is counted. */
function partDone(message) {
  const found = /([\d,]+) of ([\d,]+)/.exec(message);
  if (!found) return null;
  const [done, total] = found.slice(1).map((text) => Number(text.replaceAll(",", "")));
  return total ? done / total : null;
}
