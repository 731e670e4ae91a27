// @ts-check
/** @import { Status } from "../api.d.ts" */
/** @import { Run } from "../state/run.js" */
import { Controls } from "./controls.js";
import { explains } from "./explainer.js";
import { COUNTS } from "../explain/counts.js";
import { make, setText } from "../dom.js";
import { bytes, count, duration, rate } from "../format.js";
import { post } from "../post.js";
import { words } from "../wording.js";

const READABLE = 10_000; // ms that a refusal stays: news of the run comes every second

/** One run's place in the header: what it is, how far it is, how fast, and Stop. */
export class Card {
  #stopping = false;
  #problem = "";
  #until = 0; // when the problem has been read, by performance.now()

  /** @param {Run} run @param {(run: Run) => Promise<boolean>} confirmStop */
  constructor(run, confirmStop) {
    this.run = run;
    this.title = make("h1");
    this.badge = make("span", { class: "badge" });
    this.about = make("p", { class: "about" });
    this.stop = make("button", { type: "button", class: "stop", hidden: true, on: { click: () => this.#stop(confirmStop) } }, "Stop");
    this.links = make("nav", {}, ...this.#downloads());
    this.fill = make("i");
    this.bar = make("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, this.fill);
    this.stats = make("dl");
    this.message = make("p", { class: "message", role: "status", hidden: true });
    this.waits = make("p", { class: "hint", hidden: true });
    this.data = make("p", { class: "hint data", hidden: true });
    this.controls = new Controls(run, (problem) => this.#answered(problem));
    const head = make("div", { class: "head" }, make("div", { class: "who" }, this.title, this.badge), this.about, make("div", { class: "acts" }, this.links, this.stop));
    this.element = make("article", { class: "card", style: `--run: var(--run${run.index + 1})` }, head, this.bar, this.stats, this.data, this.waits, this.controls.element, this.message);
    this.update();
  }

  update() {
    const { run } = this;
    const { status, summary } = run;
    const state = run.link === "gone" ? "gone" : (status?.state ?? "connecting");
    this.element.dataset.state = this.badge.dataset.state = state;
    setText(this.title, run.title);
    setText(this.badge, words.badge(run));
    setText(this.about, summary && summary.about !== run.title ? summary.about : "");
    this.about.title = run.id; // what the command line calls it
    this.stop.hidden = !run.active || state === "gone" || run.refusal !== "";
    if (!run.active) this.#stopping = false;
    this.stop.disabled = this.#stopping;
    setText(this.stop, this.#stopping ? "Stopping…" : "Stop");
    this.links.hidden = state === "gone" || !run.lastStep;
    this.controls.update();
    this.waits.hidden = state !== "queued" || !run.begun; // else it stands where curves and pictures will be
    setText(this.waits, status?.text ?? "");
    const remarks = run.notes.filter((note) => note.kind === "data").map(({ text }) => text);
    this.data.hidden = !remarks.length;
    setText(this.data, remarks.join(" "));
    this.#progress(status);
    this.#statistics(status ? statistics(run, status) : []);
    this.#showMessage(performance.now() < this.#until ? this.#problem : words.banner(run));
  }

  /**
   * A request was answered: with "" when it is done, else with one sentence that says why not.
   *
   * @param {string} problem
   */
  #answered(problem) {
    this.#problem = problem;
    this.#until = problem ? performance.now() + READABLE : 0;
    this.update();
  }

  /** @param {Status | null} status */
  #progress(status) {
    const percent = status ? (100 * status.step) / status.steps : 0;
    this.fill.style.width = `${percent}%`;
    this.bar.setAttribute("aria-valuenow", percent.toFixed(0));
    this.bar.setAttribute("aria-label", words.progressOf(this.run.title));
  }

  /** @param {[string, string][]} pairs */
  #statistics(pairs) {
    const shown = [...this.stats.children];
    if (shown.length !== pairs.length || shown.some((stat, i) => stat.children[0].textContent !== pairs[i][0])) {
      this.stats.replaceChildren(...pairs.map(([name]) => make("div", {}, make("dt", {}, name), make("dd", {}, this.#number(name)))));
    }
    pairs.forEach(([name, text], i) => {
      const number = this.stats.children[i].children[1].children[0];
      setText(number, text);
      number.setAttribute("aria-label", `${name}: ${text}`);
    });
  }

  /** @param {string} name */
  #number(name) {
    return explains(make("button", { type: "button", class: "plain" }), () => ({ title: name, ...COUNTS[name](this.run) }));
  }

  /** @param {string} text */
  #showMessage(text) {
    this.message.hidden = !text;
    setText(this.message, text);
  }

  #downloads() {
    /** @param {string} text @param {string} path @param {string} title */
    const link = (text, path, title) => make("a", { href: this.run.url(path), download: "", title }, text);
    return [link("CSV", "/metrics.csv", "Every metric at every step"), link("Export", "/export.zip", "Settings, metrics, sheets and the newest model in one zip")];
  }

  /** @param {(run: Run) => Promise<boolean>} confirmStop */
  async #stop(confirmStop) {
    if (!(await confirmStop(this.run))) return;
    this.#stopping = true;
    this.update();
    const problem = await post(this.run.url("/stop"));
    if (problem) this.#stopping = false;
    this.#answered(problem);
  }
}

/**
 * Name and text of each number on the card.
 *
 * @param {Run} run
 * @param {Status} status
 */
function statistics(run, status) {
  /** @type {[string, string][]} */
  const pairs = [["Step", `${count(status.step)} of ${count(status.steps)}`]];
  pairs.push(["Done", `${Math.floor((100 * status.step) / status.steps)} %`]);
  if (run.total > 1) {
    if (status.silent) pairs.push(["No news for", duration(status.silent)]);
    else if (status.state === "running") pairs.push(["Images / s", rate(status.images_per_second)]);
    if (status.seconds_left !== null) pairs.push(["Left", duration(status.seconds_left)]);
    return pairs;
  }
  if (run.summary?.steps_per_epoch) pairs.push(["Epoch", run.xOf(status.step, "epoch").toFixed(2)]);
  if (status.silent) pairs.push(["No news for", duration(status.silent)]);
  else if (status.state === "running" && status.steps_per_second) {
    pairs.push(["Steps / s", rate(status.steps_per_second)], ["Images / s", rate(status.images_per_second)]);
    if (status.seconds_left !== null) pairs.push(["Time left", duration(status.seconds_left)]);
  }
  if (status.seconds) pairs.push([status.active ? "Elapsed" : "Trained for", duration(status.seconds)]);
  if (status.memory) pairs.push(["Memory", bytes(status.memory)]);
  if (status.device) pairs.push(["Device", status.device === "cpu" ? "CPU" : status.device]);
  return pairs;
}
