// @ts-check
/** @import { LiveSetting } from "../api.d.ts" */
/** @import { Run } from "../state/run.js" */
import { make, setText } from "../dom.js";
import { post } from "../post.js";
import { words } from "../wording.js";

/** @type {[string, object, string][]} */
const SINGLE = [
  ["One step", { command: "step" }, "D and G, as in training"],
  ["D alone", { command: "update", name: "D" }, "One update of the discriminator; it does not count as a step"],
  ["G alone", { command: "update", name: "G" }, "One update of the generator; it does not count as a step"],
];

/** The controls of one run: pause, single updates while it waits, and the settings that may change while it trains. */
export class Controls {
  #wanted = ""; // the state that was asked for
  #known = "";

  /**
   * @param {Run} run
   * @param {(problem: string) => void} onAnswer gets one sentence for a refusal, "" for success
   */
  constructor(run, onAnswer) {
    this.run = run;
    this.onAnswer = onAnswer;
    this.pause = make("button", { type: "button", class: "pause", on: { click: () => this.#toggle() } });
    const single = SINGLE.map(([text, body, title]) => make("button", { type: "button", title, on: { click: () => this.#ask(body) } }, text));
    this.single = make("span", { class: "single" }, ...single);
    this.form = make("form", { class: "adjust", on: { submit: (/** @type {Event} */ event) => this.#change(event) } });
    this.adjust = make("details", {}, make("summary", {}, "Adjust"), this.form);
    this.hint = make("p", { class: "hint", role: "status", hidden: true });
    this.element = make("div", { class: "controls", hidden: true }, this.pause, this.single, this.adjust, this.hint);
  }

  update() {
    const state = this.run.status?.state;
    const training = state === "running" || state === "paused";
    this.element.hidden = !training || this.run.total > 2;
    if (!training) return;
    const { refusal } = this.run;
    this.pause.hidden = this.single.hidden = this.adjust.hidden = refusal !== "";
    setText(this.hint, refusal || (state === "paused" ? words.lastChange(changesSincePause(this.run.notes)) : ""));
    this.hint.hidden = !this.hint.textContent;
    if (refusal) return;
    if (state === this.#wanted) this.#wanted = "";
    this.pause.disabled = Boolean(this.#wanted);
    setText(this.pause, state === "paused" ? "Resume training" : this.#wanted ? "Pausing…" : "Pause training");
    this.single.hidden = state !== "paused";
    this.#fill(this.run.summary?.live ?? []);
  }

  /**
   * One field for each setting, made anew only when a value has changed and no field is being edited.
   *
   * @param {LiveSetting[]} settings
   */
  #fill(settings) {
    const known = JSON.stringify(settings);
    this.adjust.hidden = !settings.length;
    if (known === this.#known || this.form.contains(document.activeElement)) return;
    this.#known = known;
    const fields = settings.map(({ name, title, value, help, whole }) =>
      make("label", { title: help }, make("span", {}, title), make("input", { name, value, type: "number", step: whole ? "1" : "any", "data-was": value })),
    );
    this.form.replaceChildren(...fields, make("button", { type: "submit" }, "Apply"));
  }

  async #toggle() {
    const paused = this.run.status?.state === "paused";
    this.#wanted = paused ? "running" : "paused";
    this.update();
    if (!(await this.#ask({ command: paused ? "continue" : "pause" }))) this.#wanted = "";
  }

  /** @param {Event} event */
  async #change(event) {
    event.preventDefault();
    const fields = [...this.form.querySelectorAll("input")].filter((field) => field.value !== field.dataset.was && field.value !== "");
    for (const field of fields) {
      if (!(await this.#ask({ command: "change", name: field.name, value: Number(field.value) }))) return;
      field.dataset.was = field.value;
    }
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
    if (fields.length) this.adjust.open = false;
  }

  /** @param {object} body */
  async #ask(body) {
    const problem = await post(this.run.url("/control"), body);
    this.onAnswer(problem);
    return !problem;
  }
}

/**
 * The changes since the pause, oldest first.
 *
 * @param {import("../api.d.ts").Note[]} notes
 */
function changesSincePause(notes) {
  return notes.slice(notes.findLastIndex((note) => note.kind === "paused") + 1).filter((note) => note.kind === "changed");
}
