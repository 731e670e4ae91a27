// @ts-check
/** @import { Run } from "../state/run.js" */
/** @import { View } from "../state/view.js" */
import { make, setText } from "../dom.js";
import { words } from "../wording.js";

const SEED_MOST = 2 ** 31 - 1;

/** Below a comparison: what the newest model of each run draws from one seed, and whether that is the same z. */
export class SameZ {
  /** @type {Run[] | null} */
  #drawing = null; // the runs that draw from z, once known

  /** @param {Run[]} runs @param {View} view */
  constructor(runs, view) {
    this.runs = runs;
    this.view = view;
    this.button = make("button", { type: "button", on: { click: () => this.#drawNew() } });
    this.note = make("p", { class: "note", hidden: true });
    this.sheets = make("div", { class: "same" });
    this.element = make("div", {}, make("div", { class: "again" }, this.button, this.note), this.sheets);
  }

  /**
   * Show whether there is one z for all; the first call draws the sheets of a link.
   *
   * @param {(number | null)[]} lengths of each run's z, null where it translates photos instead
   */
  update(lengths) {
    const known = this.#drawing !== null;
    this.#drawing = this.runs.filter((run, i) => lengths[i] !== null);
    const various = new Set(lengths.filter((length) => length !== null)).size > 1;
    this.button.hidden = !this.#drawing.length;
    setText(this.button, various ? "Draw from a new z in each" : "Draw from the same new z in each");
    const text = words.sameZ(this.runs.map((run) => run.title), lengths);
    this.note.hidden = !text;
    setText(this.note, text);
    if (!known && this.view.seed !== null) this.#draw();
  }

  #drawNew() {
    this.view.set({ seed: Math.floor(Math.random() * SEED_MOST) });
    this.#draw();
  }

  #draw() {
    this.sheets.replaceChildren(...(this.#drawing ?? []).map((run) => sheet(run, this.view.seed ?? 0)));
  }
}

/**
 * What the newest model of `run` draws from `seed`.
 *
 * @param {Run} run
 * @param {number} seed
 */
function sheet(run, seed) {
  const query = new URLSearchParams({ model: run.id, seed: String(seed), n: "36", scale: "2" });
  const picture = make("img", { alt: words.pictures(36, run.title, seed), src: `../api/picture?${query}` });
  picture.addEventListener("error", async () => {
    /** @param {string} url */
    const ask = (url) => fetch(url).then((response) => response.json()).catch(() => ({}));
    const [answer, { checkpoints }] = await Promise.all([picture.src, run.url()].map(ask));
    const text = checkpoints?.length === 0 ? words.noModel(run.active) : (answer.error ?? words.noAnswer);
    picture.replaceWith(make("p", { class: "empty" }, text));
  });
  return make("figure", { class: "sheet", style: `--run: var(--run${run.index + 1})` }, make("figcaption", {}, run.title), make("div", { class: "picture" }, picture));
}
