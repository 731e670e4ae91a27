import { icon, make, setText } from "../dom.js";
import { count, duration } from "../format.js";

const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M4 2.5h3v11H4zM9 2.5h3v11H9z";
const SPEEDS = [2, 4, 8, 16, 30];

/** The controls of the sheets: play, a scrubber over every saved step, and the way back to the newest. */
export class Player {
  /** `ready(step)`: whether the sheets of `step` can be shown at once. */
  constructor(element, timeline, runs, ready) {
    Object.assign(this, { timeline, runs, ready });
    this.step = make("output", { class: "step" });
    this.newest = make("button", { type: "button", class: "toggle newest", title: "Show new sheets as they come" });
    this.play = make("button", { type: "button", class: "play" });
    this.icons = { play: icon(PLAY), pause: icon(PAUSE) };
    this.scrubber = make("input", { type: "range", min: 0, step: 1, class: "scrubber", "aria-label": "Step of the sheet" });
    const options = SPEEDS.map((speed) => make("option", { value: speed, selected: speed === timeline.speed }, `${speed} / s`));
    this.speed = make("select", { title: "Sheets per second", "aria-label": "Sheets per second" }, ...options);
    element.append(
      make("div", { class: "line" }, make("h2", {}, "Samples"), this.step, this.newest),
      make("div", { class: "line" }, this.play, this.scrubber, this.speed),
    );
    this.#listen();
    timeline.onChange(() => this.update());
    this.update();
  }

  /** Play, or pause. */
  toggle() {
    if (this.timeline.playing) this.timeline.pause();
    else this.timeline.play(this.ready);
  }

  update() {
    const { timeline } = this;
    const { shown, steps, playing } = timeline;
    this.scrubber.max = Math.max(0, steps.length - 1);
    this.scrubber.value = timeline.index;
    this.scrubber.disabled = this.play.disabled = steps.length < 2;
    this.scrubber.style.setProperty("--part", steps.length > 1 ? timeline.index / (steps.length - 1) : 0);
    this.scrubber.setAttribute("aria-valuetext", shown === undefined ? "" : `step ${shown}`);
    this.play.replaceChildren(playing ? this.icons.pause : this.icons.play);
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.play.title = `${playing ? "Pause" : "Play"} (space)`;
    setText(this.step, shown === undefined ? "" : this.#describe(shown));
    this.newest.hidden = steps.length < 2;
    this.newest.setAttribute("aria-pressed", String(timeline.following && !playing));
    setText(this.newest, this.runs.some((run) => run.active) ? "Live" : "Newest");
  }

  #describe(step) {
    const [run] = this.runs;
    const parts = [`step ${count(step)}`];
    if (run.total === 1 && run.summary?.steps_per_epoch) parts.push(`epoch ${run.xOf(step, "epoch").toFixed(2)}`);
    if (run.total === 1 && run.curves.has("time/seconds")) parts.push(duration(run.xOf(step, "time")));
    return parts.join(" · ");
  }

  #listen() {
    const { timeline } = this;
    this.play.addEventListener("click", () => this.toggle());
    this.newest.addEventListener("click", () => timeline.follow());
    this.speed.addEventListener("change", () => (timeline.speed = Number(this.speed.value)));
    this.scrubber.addEventListener("input", () => {
      timeline.pause();
      timeline.seek(timeline.steps[Number(this.scrubber.value)]);
    });
    window.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    const busy = event.target.closest?.("button, select, summary, a, dialog, input:not(.scrubber)");
    if (event.ctrlKey || event.metaKey || event.altKey || busy) return;
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    if (event.key === " ") this.toggle();
    else if (moves[event.key]) this.timeline.move(moves[event.key]);
    else return;
    event.preventDefault();
  }
}
