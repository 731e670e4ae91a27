// @ts-check
/** @import { Run } from "../state/run.js" */
/** @import { Timeline } from "../state/timeline.js" */
import { icon, make, setText } from "../dom.js";
import { words } from "../wording.js";

const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M4 2.5h3v11H4zM9 2.5h3v11H9z";
const SPEEDS = [2, 4, 8, 16, 30];

/** The controls of the sheets: play, a scrubber over every saved step, and the way back to the newest. */
export class Player {
  /**
   * @param {Element} element
   * @param {Timeline} timeline
   * @param {Run[]} runs
   * @param {(step: number) => boolean} ready whether the sheets of a step can be shown at once
   */
  constructor(element, timeline, runs, ready) {
    this.timeline = timeline;
    this.runs = runs;
    this.ready = ready;
    this.step = make("output", { class: "step" });
    this.newest = make("button", { type: "button", class: "toggle newest", title: "Show new sheets as they come" });
    this.real = make("button", { type: "button", class: "toggle real", hidden: true, "aria-pressed": "false" }, "Real images");
    this.play = make("button", { type: "button", class: "play" });
    this.icons = { play: icon(PLAY), pause: icon(PAUSE) };
    this.scrubber = make("input", { type: "range", min: 0, step: 1, class: "scrubber", "aria-label": "Step of the sheet" });
    const options = SPEEDS.map((speed) => make("option", { value: speed, selected: speed === timeline.speed }, `${speed} / s`));
    this.speed = make("select", { title: "Sheets per second", "aria-label": "Sheets per second" }, ...options);
    element.append(
      make("div", { class: "line" }, make("h2", {}, "Samples"), this.step, this.real, this.newest),
      make("div", { class: "line" }, this.play, this.scrubber, this.speed),
    );
    this.#listen();
    timeline.onChange(() => this.update());
    this.update();
  }

  /**
   * Let real images be shown beside the samples of those runs that have some.
   *
   * @param {import("./real.js").RealSheet[]} reals
   */
  offerReal(reals) {
    this.real.hidden = !reals.some((real) => real.there);
    const show = () => reals.forEach((real) => real.show(this.real.getAttribute("aria-pressed") === "true"));
    this.real.onclick = () => {
      this.real.setAttribute("aria-pressed", String(this.real.getAttribute("aria-pressed") !== "true"));
      show();
    };
    show();
  }

  /** Play, or pause. */
  toggle() {
    if (this.timeline.playing) this.timeline.pause();
    else this.timeline.play(this.ready);
  }

  update() {
    const { timeline } = this;
    const { shown, steps, playing } = timeline;
    this.scrubber.max = String(Math.max(0, steps.length - 1));
    this.scrubber.value = String(timeline.index);
    this.scrubber.disabled = this.play.disabled = steps.length < 2;
    this.scrubber.style.setProperty("--part", String(steps.length > 1 ? timeline.index / (steps.length - 1) : 0));
    this.scrubber.setAttribute("aria-valuetext", shown === undefined ? "" : `step ${shown}`);
    this.play.replaceChildren(playing ? this.icons.pause : this.icons.play);
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.play.title = `${playing ? "Pause" : "Play"} (space)`;
    setText(this.step, shown === undefined ? "" : words.place(this.runs[0], shown));
    this.newest.hidden = steps.length < 2;
    this.newest.setAttribute("aria-pressed", String(timeline.following && !playing));
    setText(this.newest, this.runs.some((run) => run.active) ? "Live" : "Newest");
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

  /** @param {KeyboardEvent} event */
  #key(event) {
    const busy = /** @type {Element} */ (event.target).closest?.("button, select, summary, a, dialog, input:not(.scrubber)");
    if (event.ctrlKey || event.metaKey || event.altKey || busy) return;
    /** @type {Record<string, number>} */
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    if (event.key === " ") this.toggle();
    else if (moves[event.key]) this.timeline.move(moves[event.key]);
    else return;
    event.preventDefault();
  }
}
