import { make, setText } from "../dom.js";
import { count, setting, value } from "../format.js";
import { extremes } from "../maths.js";
import { groupOf, label, ordered } from "../names.js";
import { style } from "../charts/traces.js";

const ACTIVE = 20_000; // ms between two questions while it trains
const ENDED = 120_000;
const FAILED = `The last look at this run failed; the next is in ${ACTIVE / 1000} s.`;
const WIDTH = 220;
const HEIGHT = 48;

/** What the doctor says of one run: a line while all is well, else a card for each finding. */
export class Doctor {
  #due = -Infinity; // when to ask again, by performance.now()
  #asking = false;
  #state = "";
  #shown = "";

  constructor(element, run, timeline) {
    Object.assign(this, { element, run, timeline, failure: line(FAILED, "failed") });
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
    const many = `${findings.length} ${findings.length === 1 ? "finding" : "findings"}`;
    this.element.replaceChildren(make("h2", {}, "Doctor ", make("span", {}, many)), ...findings.map((finding, i) => this.#card(finding, open.get(finding.kind) ?? i === 0)));
  }

  #card(finding, open) {
    const { title, severity, step_from: from, step_to: to, explanation, evidence } = finding;
    const steps = from < to ? `steps ${count(from)} to ${count(to)}` : `step ${count(to)}`;
    const head = make("summary", {}, make("span", { class: "grade" }, severity === "failure" ? "Failure" : "Warning"), make("b", {}, title), make("span", { class: "when" }, steps));
    const curves = evidence.series.filter((name) => this.run.curves.has(name)).slice(0, 3);
    const numbers = Object.entries(evidence.numbers).map(([name, number]) => make("div", {}, make("dt", {}, name), make("dd", {}, value(number))));
    const sheets = evidence.sheets.map((step) => make("button", { type: "button", class: "see", on: { click: () => this.#see(step) } }, `See the sheet of step ${count(step)}`));
    const seen = make("div", { class: "seen" }, ...curves.map((name) => this.#curve(name, finding)), make("dl", {}, ...numbers));
    return make("details", { open, dataset: { kind: finding.kind, severity } }, head, make("p", {}, explanation), seen, make("div", { class: "do" }, ...this.#remedy(finding), ...sheets));
  }

  #see(step) {
    this.timeline.pause();
    this.timeline.seek(step);
    document.querySelector("#sheets").scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** The button, or why there is none. */
  #remedy({ fix, fork_step: step, before }) {
    const changes = Object.entries(fix);
    if (!changes.length) return [];
    const words = changes.map(([name, to]) => `${name} ${setting(before[name])} → ${setting(to)}`).join(", ");
    const told = make("span", { class: "fix" }, words);
    if (step === null) return [make("span", { class: "fix" }, `Try anew with ${words}: there is no checkpoint to go on from.`)];
    if (this.run.summary?.refusal) return [told];
    const query = new URLSearchParams({ run: this.run.id, fork: step, ...Object.fromEntries(changes.map(([name, to]) => [name, String(to)])) });
    const title = `A new run that goes on after step ${count(step)} of this one; you can look at the settings first`;
    return [make("a", { class: "fork", href: `../watch?${query}`, target: window.top === window ? "_self" : "_blank", title }, "Fork with the fix"), told];
  }

  /** A small picture of a metric in the colour of its chart, with the steps of the finding shaded. */
  #curve(name, { step_from: from, step_to: to }) {
    const { token } = style(name, ordered([...this.run.curves.keys()].filter((other) => groupOf(other) === groupOf(name))), this.run);
    const { steps, values } = this.run.curves.get(name);
    const shown = extremes(values, 0, values.length, WIDTH).filter((i) => Number.isFinite(values[i]));
    const last = Math.max(1, steps.at(-1) ?? 1, to);
    const sorted = shown.map((i) => values[i]).sort((a, b) => a - b);
    const [low, high] = [sorted[0] ?? 0, sorted[Math.floor(0.98 * (sorted.length - 1))] ?? 1]; // a single spike must not flatten the rest
    const x = (step) => (WIDTH * step) / last;
    const y = (v) => HEIGHT - 3 - (HEIGHT - 6) * Math.min(1, (v - low) / (high - low || 1));
    const points = shown.map((i) => `${x(steps[i]).toFixed(1)},${y(values[i]).toFixed(1)}`).join(" ");
    const shade = svg("rect", { x: x(from), y: 0, width: Math.max(2, x(to) - x(from)), height: HEIGHT, class: "shade" });
    const line = svg("polyline", { points, style: `stroke: var(${token})` });
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${name} over the steps` }, shade, line);
    const now = values.at(-1);
    return make("figure", {}, make("figcaption", {}, title(name, [...this.run.curves.keys()]), make("span", {}, value(now))), picture);
  }
}

const line = (text, kind = "") => make("p", { class: `well ${kind}` }, make("b", {}, "Doctor"), ` ${text}`);

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, text] of Object.entries(attributes)) element.setAttribute(name, text);
  element.append(...children);
  return element;
}

const title = (name, names) => (name.startsWith("gradient/") ? `Gradient of ${name.split("/")[1]}` : label(name, names));
