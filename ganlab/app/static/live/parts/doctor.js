// @ts-check
/** @import { Diagnosis, Finding } from "../api.d.ts" */
/** @import { Run } from "../state/run.js" */
/** @import { Timeline } from "../state/timeline.js" */
import { byId, make, svg } from "../dom.js";
import { value } from "../format.js";
import { Curve } from "../state/curve.js";
import { extremes } from "../maths.js";
import { fullLabel, groupOf, label, networkOf, ordered } from "../names.js";
import { style } from "../charts/traces.js";
import { words } from "../wording.js";

const ACTIVE = 20_000; // ms between two questions while it trains
const ENDED = 120_000;
const WIDTH = 220;
const HEIGHT = 48;

/** The doctor's findings for one run: a line while all is well, else a card for each. */
export class Doctor {
  #due = -Infinity; // when to ask again, by performance.now()
  #asking = false;
  #state = "";
  #shown = "";

  /** @param {HTMLElement} element @param {Run} run @param {Timeline} timeline */
  constructor(element, run, timeline) {
    this.element = element;
    this.run = run;
    this.timeline = timeline;
    this.failure = line(words.examinationFailed(ACTIVE / 1000), "failed");
  }

  /** Ask again when it is time to; a run that has just ended is looked at once more. */
  async update() {
    const { run } = this;
    const state = run.status?.state ?? "";
    const ended = state !== this.#state && !run.active;
    if (this.#asking || document.hidden || run.link !== "ok" || !run.lastStep) return;
    if (!ended && performance.now() < this.#due) return;
    this.#asking = true;
    this.#state = state;
    const answer = await fetch(run.url("/doctor"), { cache: "no-store" }).then((response) => (response.ok ? response.json() : null)).catch(() => null);
    this.#due = performance.now() + (answer && !run.active ? ENDED : ACTIVE);
    this.#asking = false;
    this.element.hidden = false;
    if (answer) this.#show(answer);
    else this.element.append(this.failure); // under what was found before, which may be old now
  }

  /** @param {Diagnosis} diagnosis */
  #show({ findings, all_clear: clear }) {
    this.failure.remove();
    const known = JSON.stringify([findings, clear, this.run.summary?.refusal]);
    if (known === this.#shown) return;
    this.#shown = known;
    const open = new Map([...this.element.querySelectorAll("details")].map((card) => [card.dataset.kind, card.open]));
    this.element.dataset.state = findings.length ? "ill" : "well";
    if (!findings.length) {
      this.element.replaceChildren(line(clear));
      return;
    }
    this.element.replaceChildren(make("h2", {}, "Doctor ", make("span", {}, words.findings(findings.length))), ...findings.map((finding, i) => this.#card(finding, open.get(finding.kind) ?? i === 0)));
  }

  /** @param {Finding} finding @param {boolean} open */
  #card(finding, open) {
    const { title, severity, step_from: from, step_to: to, explanation, evidence, labels } = finding;
    const head = make("summary", {}, make("span", { class: "grade" }, words.severity(severity)), make("b", {}, title), make("span", { class: "when" }, words.steps(from, to)));
    const curves = evidence.series.filter((name) => this.run.curves.has(name)).slice(0, 3);
    const numbers = Object.entries(evidence.numbers).map(([name, number]) => make("div", {}, make("dt", {}, labels[name]), make("dd", {}, value(number))));
    const sheets = evidence.sheets.map((step) => make("button", { type: "button", class: "see", on: { click: () => this.#see(step) } }, words.seeSheet(step)));
    const seen = make("div", { class: "seen" }, ...curves.map((name) => this.#curve(name, finding)), make("dl", {}, ...numbers));
    return make("details", { open, dataset: { kind: finding.kind, severity } }, head, make("p", {}, explanation), seen, make("div", { class: "do" }, ...this.#remedy(finding), ...sheets));
  }

  /** @param {number} step */
  #see(step) {
    this.timeline.pause();
    this.timeline.seek(step);
    byId("sheets").scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /**
   * The button, or why there is none.
   *
   * @param {Finding} finding
   */
  #remedy({ fix, fork_step: step, before }) {
    const changes = Object.entries(fix);
    if (!changes.length) return [];
    const text = words.changes(changes.map(([name, to]) => ({ name, from: before[name], to })));
    const remedy = make("span", { class: "fix" }, step === null ? words.startAnew(text) : text);
    if (step === null || this.run.summary?.refusal) return [remedy];
    const query = new URLSearchParams({ run: this.run.id, fork: String(step), ...Object.fromEntries(changes.map(([name, to]) => [name, String(to)])) });
    const title = words.fork(step);
    return [make("a", { class: "fork", href: `../watch?${query}`, target: window.top === window ? "_self" : "_blank", title }, "Fork with the fix"), remedy];
  }

  /**
   * A small picture of a metric in the colour of its chart, with the steps of the finding shaded.
   *
   * @param {string} name
   * @param {Finding} finding
   */
  #curve(name, { step_from: from, step_to: to }) {
    const { token } = style(name, ordered([...this.run.curves.keys()].filter((other) => groupOf(other) === groupOf(name))), this.run);
    const { steps, values } = this.run.curves.get(name) ?? new Curve();
    const points = extremes(values, 0, values.length, WIDTH).flatMap((i) => {
      const value = values[i];
      return value !== null && Number.isFinite(value) ? [{ step: steps[i], value }] : [];
    });
    const last = Math.max(1, steps.at(-1) ?? 1, to);
    const sorted = points.map((point) => point.value).sort((a, b) => a - b);
    const [low, high] = [sorted[0] ?? 0, sorted[Math.floor(0.98 * (sorted.length - 1))] ?? 1]; // a single spike must not flatten the rest
    /** @param {number} step */
    const x = (step) => (WIDTH * step) / last;
    /** @param {number} v */
    const y = (v) => HEIGHT - 3 - (HEIGHT - 6) * Math.min(1, (v - low) / (high - low || 1));
    const path = points.map(({ step, value }) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    const shade = svg("rect", { x: x(from), y: 0, width: Math.max(2, x(to) - x(from)), height: HEIGHT, class: "shade" });
    const line = svg("polyline", { points: path, style: `stroke: var(${token})` });
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words.curve(name) }, shade, line);
    const now = values.at(-1);
    return make("figure", {}, make("figcaption", {}, title(name, [...this.run.curves.keys()]), make("span", {}, value(now))), picture);
  }
}

/** @param {string} text @param {string} [kind] */
const line = (text, kind = "") => make("p", { class: `well ${kind}` }, make("b", {}, "Doctor"), ` ${text}`);

/** @param {string} name @param {string[]} names */
const title = (name, names) => (groupOf(name) === "gradient" ? words.gradient(networkOf(name)) : groupOf(name) === "distance" ? fullLabel(name, names) : label(name, names));
