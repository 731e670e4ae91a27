import { make, setText } from "../dom.js";

const SEED_MOST = 2 ** 31 - 1;
const listed = new Intl.ListFormat("en");

/** Below a comparison: what the newest model of each run draws from one seed, and whether that is the same z. */
export class SameZ {
  #drawing = null; // the runs that draw from z, once known

  constructor(runs, view) {
    Object.assign(this, { runs, view });
    this.button = make("button", { type: "button", on: { click: () => this.#drawNew() } });
    this.note = make("p", { class: "note", hidden: true });
    this.sheets = make("div", { class: "same" });
    this.element = make("div", {}, make("div", { class: "again" }, this.button, this.note), this.sheets);
  }

  /** `lengths` are the numbers in each run's z, null where it draws from pictures instead. The sheets of a link come with the first. */
  update(lengths) {
    const known = this.#drawing !== null;
    this.#drawing = this.runs.filter((run, i) => lengths[i] !== null);
    const various = new Set(lengths.filter((length) => length !== null)).size > 1;
    this.button.hidden = !this.#drawing.length;
    setText(this.button, various ? "Draw a new z from each" : "Draw the same new z from each");
    const text = remark(this.runs, lengths, various);
    this.note.hidden = !text;
    setText(this.note, text);
    if (!known && this.view.seed !== null) this.#draw();
  }

  #drawNew() {
    this.view.set({ seed: Math.floor(Math.random() * SEED_MOST) });
    this.#draw();
  }

  #draw() {
    this.sheets.replaceChildren(...this.#drawing.map((run) => sheet(run, this.view.seed)));
  }
}

/** Why the pictures are not of the same z in all; "" where they are. */
function remark(runs, lengths, various) {
  const without = runs.filter((run, i) => lengths[i] === null).map((run) => run.title);
  if (without.length === runs.length) return "These runs translate pictures: none of them draws from z.";
  const told = [];
  if (without.length) told.push(`Nothing is drawn from ${listed.format(without)}: such models translate pictures and have no z.`);
  const numbers = lengths.filter((length) => length !== null).map(String);
  if (various) told.push(`z has ${listed.format(numbers)} numbers in these runs: where that differs, it cannot be the same z.`);
  return told.join(" ");
}

/** What the newest model of `run` draws from `seed`. */
function sheet(run, seed) {
  const query = new URLSearchParams({ model: run.id, seed, n: 36, scale: 2 });
  const picture = make("img", { alt: `36 pictures of ${run.title} from seed ${seed}`, src: `../api/picture?${query}` });
  picture.addEventListener("error", async () => {
    const ask = (url) => fetch(url).then((response) => response.json()).catch(() => ({}));
    const [answer, { checkpoints }] = await Promise.all([picture.src, run.url()].map(ask));
    const none = run.active ? "This run has no model yet: one comes with its first checkpoint." : "This run ended before its first checkpoint: it has no model.";
    const text = checkpoints?.length === 0 ? none : (answer.error ?? "The server does not answer.");
    picture.replaceWith(make("p", { class: "empty" }, text));
  });
  return make("figure", { class: "sheet", style: `--run: var(--run${run.index + 1})` }, make("figcaption", {}, run.title), make("div", { class: "picture" }, picture));
}
