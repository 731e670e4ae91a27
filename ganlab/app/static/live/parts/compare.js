import { shared } from "../state/address.js";
import { make, setText } from "../dom.js";
import { count, elapsed, setting, value } from "../format.js";
import { groupOf, ordered, told } from "../names.js";
import { SameZ } from "./same.js";
import { tellApart } from "../titles.js";

const EQUAL = { step: "step", epoch: "epoch", time: "training time", images: "images seen" };
const SOON = 250; // ms after the last change
const NEWEST = 6; // changes that are listed; a hand on D and G alone soon makes dozens

/** Beside the charts of several runs: which settings differ, where each stood at the same place, and the same z in all. */
export class Comparison {
  #timer = 0;
  #asked = 0;

  /** `onNamed()` is called when the runs are called otherwise. */
  constructor(element, runs, view, timeline, onNamed) {
    Object.assign(this, { element, runs, view, timeline, onNamed });
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
    if (this.#at !== null) query.set("at", this.#at);
    const answer = await fetch(`../api/compare?${query}`, { cache: "no-store" }).then((response) => response.json()).catch(() => null);
    if (number !== this.#asked || !answer) return; // overtaken, or the server is away: the page says so elsewhere
    this.problem.hidden = !answer.error;
    setText(this.problem, answer.error ?? "");
    if (!answer.error) this.#show(answer);
  }

  #show(answer) {
    const { axis, at, until } = answer;
    if (tellApart(this.runs, answer.settings)) this.onNamed();
    const place = { step: count(at), epoch: at.toFixed(2), time: elapsed(at), images: count(at) }[axis];
    setText(this.title, `At equal ${EQUAL[axis]}: ${place}${at >= until ? ", as far as all have come" : ""}`);
    this.names.forEach((name, i) => setText(name, this.runs[i].title));
    const metrics = ordered(new Set(answer.metrics.map((reading) => reading.name))).sort(byChart);
    const readings = metrics.flatMap((name) => answer.metrics.filter((reading) => reading.name === name));
    this.body.replaceChildren(
      ...this.#facts(answer.runs_at),
      ...readings.map((reading) => measured(reading, told(reading.name, metrics))),
      ...this.#settings(answer),
    );
    this.same.update(answer.z_dims);
    this.element.hidden = false;
  }

  #facts(standings) {
    const epochs = standings.some((standing) => standing.epochs !== null);
    return [
      row("Step", standings.map((standing) => count(standing.step))),
      row("Training time", standings.map((standing) => elapsed(standing.seconds))),
      row("Real images seen", standings.map((standing) => count(standing.images))),
      ...(epochs ? [row("Epochs", standings.map((standing) => standing.epochs?.toFixed(2) ?? "–"))] : []),
    ];
  }

  #settings({ settings, changes, same_z, z_dims }) {
    const names = Object.keys(settings);
    const rows = names.map((name) => row(name, settings[name].map(setting), "setting"));
    if (changes.some((list) => list.length)) rows.push(row("changed while training", changes.map(listed), "setting"));
    const head = names.length ? "Settings that differ" : "The settings are the same";
    const sheets = z_dims.includes(null) ? "" : same_z ? "; the sheets are drawn from the same z" : "; the sheets are drawn from different z";
    return [make("tr", { class: "section" }, make("th", { colSpan: this.runs.length + 1, scope: "colgroup" }, make("span", {}, head + sheets))), ...rows];
  }

  /** The address holds everything that is on screen. Without a clipboard, as on plain HTTP, it is shown to be taken. */
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

function row(name, cells, kind = "") {
  return make("tr", { class: kind }, make("th", { scope: "row" }, name), ...cells.map((cell) => make("td", {}, cell)));
}

/** The newest changes, a line each. */
function listed(changes) {
  if (!changes.length) return "–";
  const earlier = changes.length - NEWEST;
  return make("ul", {}, ...(earlier > 0 ? [`${count(earlier)} earlier changes`] : []).concat(changes.slice(-NEWEST)).map((line) => make("li", {}, line)));
}

/** A metric of every run; how it was measured, where it was, is part of its name: numbers read otherwise are in another row. */
function measured({ values, protocol }, name) {
  const made = row(name, values.map((number) => (number === null ? "–" : value(number))));
  if (protocol) made.firstChild.append(make("small", { class: "protocol" }, protocol));
  return made;
}

const GROUPS = ["distance", "loss", "score", "speed"];
const place = (name) => [...GROUPS, groupOf(name)].indexOf(groupOf(name)); // those without a chart of their own last
const byChart = (a, b) => place(a) - place(b);
