// @ts-check
/** @import { Compared, MetricRow, Note, RunAt } from "../api.d.ts" */
/** @import { Run } from "../state/run.js" */
/** @import { Timeline } from "../state/timeline.js" */
/** @import { View } from "../state/view.js" */
import { shared } from "../state/address.js";
import { make, setText } from "../dom.js";
import { count, elapsed, setting, value } from "../format.js";
import { explained } from "../explain/explanations.js";
import { COUNTS } from "../explain/counts.js";
import { fullLabel, groupOf, ordered } from "../names.js";
import { explains } from "./explainer.js";
import { SameZ } from "./same.js";
import { distinguish } from "../titles.js";
import { words } from "../wording.js";

const SOON = 250; // ms after the last change
const NEWEST = 6; // changes that are listed; single updates of D and G soon make dozens

/** Beside the charts of several runs: which settings differ, where each stood at the same place, and the same z in all. */
export class Comparison {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = 0;

  /**
   * @param {HTMLElement} element
   * @param {Run[]} runs
   * @param {View} view
   * @param {Timeline} timeline
   * @param {() => void} onNamed called when titles of runs have changed
   */
  constructor(element, runs, view, timeline, onNamed) {
    this.element = element;
    this.runs = runs;
    this.view = view;
    this.timeline = timeline;
    this.onNamed = onNamed;
    this.title = make("h2");
    this.problem = make("p", { class: "note", hidden: true });
    this.link = make("button", { type: "button", class: "quiet", on: { click: () => this.#copy() } }, "Copy link to this view");
    this.body = make("tbody");
    const names = runs.map((run) => make("th", { scope: "col", style: `--run: var(--run${run.index + 1}); width: ${80 / runs.length}%` }));
    this.names = names;
    this.table = make("table", {}, make("thead", {}, make("tr", {}, make("td"), ...names)), this.body);
    this.same = new SameZ(runs, view);
    this.address = make("input", { type: "text", class: "address", readOnly: true, hidden: true, "aria-label": "Link to this view" });
    element.append(make("header", {}, this.title, this.link), this.address, this.problem, make("div", { class: "scroll" }, this.table), this.same.element);
    view.onChange(() => this.update());
    timeline.onChange(() => this.update());
  }

  /** Ask again soon; not before it is known what the runs are called. */
  update() {
    clearTimeout(this.#timer);
    if (!this.runs.every((run) => run.summary)) return;
    this.#timer = setTimeout(() => this.#ask(), SOON);
  }

  /** The place on the axis that is looked at; null for the last that all runs have reached. */
  get #at() {
    const { shown, atNewest } = this.timeline;
    return atNewest || shown === undefined ? null : this.runs[0].xOf(shown, this.view.axis);
  }

  async #ask() {
    const number = ++this.#asked;
    const query = new URLSearchParams({ runs: this.runs.map((run) => run.id).join(","), axis: this.view.axis });
    if (this.#at !== null) query.set("at", String(this.#at));
    const answer = await fetch(`../api/compare?${query}`, { cache: "no-store" }).then((response) => response.json()).catch(() => null);
    if (number !== this.#asked || !answer) return; // overtaken, or the server is away: the page says so elsewhere
    this.problem.hidden = !answer.error;
    setText(this.problem, answer.error ?? "");
    if (!answer.error) this.#show(answer);
  }

  /** @param {Compared} answer */
  #show(answer) {
    const { axis, at, until } = answer;
    if (distinguish(this.runs, answer.settings)) this.onNamed();
    setText(this.title, words.comparedAt(axis, at, at >= until));
    this.names.forEach((name, i) => setText(name, this.runs[i].title));
    const metrics = ordered(new Set(answer.metrics.map((metric) => metric.name))).sort(byChart);
    const rows = metrics.flatMap((name) => answer.metrics.filter((metric) => metric.name === name));
    this.body.replaceChildren(
      ...this.#facts(answer.runs_at),
      ...rows.map((metric) => this.#measured(metric, metrics)),
      ...this.#settings(answer),
    );
    this.same.update(answer.z_dims);
    this.element.hidden = false;
  }

  /**
   * A metric of every run. Numbers of another protocol have another row.
   *
   * @param {MetricRow} metric
   * @param {string[]} names
   */
  #measured({ name, values, protocol }, names) {
    const { quantities } = this.runs[values.findIndex((number) => number !== null)] ?? this.runs[0];
    const explain = () => explained(name, names, () => null, quantities);
    const made = row(fullLabel(name, names, quantities.noun), values.map((number) => (number === null ? "–" : value(number))), "", explain);
    if (protocol === null) made.children[0].append(make("small", { class: "protocol" }, words.unknownProtocol));
    return made;
  }

  /** @param {RunAt[]} runs */
  #facts(runs) {
    const epochs = runs.some((run) => run.epochs !== null);
    return [
      this.#fact("Step", runs.map((run) => count(run.step))),
      this.#fact("Training time", runs.map((run) => elapsed(run.seconds))),
      this.#fact("Real images seen", runs.map((run) => count(run.images))),
      ...(epochs ? [this.#fact("Epochs", runs.map((run) => run.epochs?.toFixed(2) ?? "–"))] : []),
    ];
  }

  /** @param {string} name @param {string[]} cells */
  #fact(name, cells) {
    return row(name, cells, "", () => ({ title: name, ...COUNTS[name](this.runs[0]) }));
  }

  /** @param {Compared} answer */
  #settings({ settings, changes, same_z, z_dims }) {
    const names = Object.keys(settings);
    const rows = names.map((name) => row(name, settings[name].map(setting), "setting"));
    if (changes.some((list) => list.length)) rows.push(row("changed while training", changes.map(listed), "setting"));
    const head = words.differences(names.length, z_dims.includes(null) ? null : same_z);
    return [make("tr", { class: "section" }, make("th", { colSpan: this.runs.length + 1, scope: "colgroup" }, make("span", {}, head))), ...rows];
  }

  /** The address holds everything that is on screen. Without a clipboard, as on plain HTTP, it is shown to be copied. */
  async #copy() {
    this.view.save();
    const done = await navigator.clipboard?.writeText(shared()).then(() => true, () => false);
    this.address.hidden = Boolean(done);
    if (!done) {
      this.address.value = shared();
      this.address.focus();
      this.address.select();
      return;
    }
    setText(this.link, "Copied");
    setTimeout(() => setText(this.link, "Copy link to this view"), 2500);
  }
}

/**
 * A row of the table, whose name explains itself where that is known.
 *
 * @param {string} name
 * @param {(string | Node)[]} cells
 * @param {string} kind
 * @param {(() => import("../explain/explanations.js").Explanation | null) | null} explain
 */
function row(name, cells, kind = "", explain = null) {
  const head = explain ? explains(make("button", { type: "button", class: "plain" }, name), explain) : name;
  return make("tr", { class: kind }, make("th", { scope: "row" }, head), ...cells.map((cell) => make("td", {}, cell)));
}

/**
 * The newest changes, a line each.
 *
 * @param {Note[]} changes
 */
function listed(changes) {
  if (!changes.length) return "–";
  const earlier = changes.length - NEWEST;
  return make("ul", {}, ...(earlier > 0 ? [words.earlierChanges(earlier)] : []).concat(changes.slice(-NEWEST).map(words.change)).map((line) => make("li", {}, line)));
}

const GROUPS = ["distance", "loss", "score", "speed"];
/** @param {string} name */
const place = (name) => [...GROUPS, groupOf(name)].indexOf(groupOf(name)); // those without a chart of their own last
/** @param {string} a @param {string} b */
const byChart = (a, b) => place(a) - place(b);
