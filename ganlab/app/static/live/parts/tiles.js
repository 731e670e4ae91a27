// @ts-check
/** @import { Run } from "../state/run.js" */
/** @import { Tiles } from "./picture.js" */
import { frame } from "../frame.js";
import { make } from "../dom.js";
import { nearest } from "../maths.js";
import { words } from "../wording.js";

const NEWS = 5000; // ms after which it is asked again which checkpoints there are
/** @type {Record<string, (tiles: Tiles) => number>} */
const MOVES = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: ({ columns }) => -columns, ArrowDown: ({ columns }) => columns };

/** A link over the tile of a sheet under the pointer, or chosen by the arrow keys, which opens that very picture in Play. */
export class TileLink {
  #asked = -NEWS;
  #number = 0;
  #step = 0;
  /** @type {Tiles | null} */
  #tiles = null;

  /** @param {Run} run @param {HTMLCanvasElement} canvas of the sheet */
  constructor(run, canvas) {
    this.run = run;
    this.canvas = canvas;
    this.element = make("a", { class: "tile", hidden: true, target: frame ? "_blank" : "_self", on: { keydown: (/** @type {KeyboardEvent} */ event) => this.#key(event) } });
    this.element.addEventListener("focus", () => this.#news());
    canvas.addEventListener("pointermove", (event) => this.#under(event));
    canvas.addEventListener("click", (event) => {
      this.#under(event);
      if (!this.element.hidden) this.element.click();
    });
  }

  /**
   * The sheet of `step` is on screen.
   *
   * @param {number} step
   * @param {Tiles | null} tiles
   */
  update(step, tiles) {
    const { run } = this;
    this.#step = step;
    this.#tiles = tiles;
    const drawn = tiles && !run.status?.sheet_titles.length; // sheets with titles show photos, which come from no z
    this.element.hidden = !drawn || !run.summary?.checkpoints.length;
    this.#place();
  }

  /** @param {PointerEvent | MouseEvent} event */
  #under(event) {
    if (!this.#tiles) return;
    this.#news();
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.width];
    const { columns, rows, side } = this.#tiles;
    const [column, row] = [Math.min(columns - 1, Math.floor(x / side)), Math.min(rows - 1, Math.floor(y / side))];
    this.#number = Math.max(0, row) * columns + Math.max(0, column);
    this.#place();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const move = this.#tiles && MOVES[event.key]?.(this.#tiles);
    if (!move || !this.#tiles) return;
    event.preventDefault();
    const next = this.#number + move;
    if (next < 0 || next >= this.#tiles.columns * this.#tiles.rows) return;
    this.#number = next;
    this.#place();
  }

  #place() {
    const opened = nearest(this.run.summary?.checkpoints ?? [], this.#step);
    if (this.element.hidden || !this.#tiles || opened === undefined) return;
    const { columns, rows, side, edge } = this.#tiles;
    this.#number = Math.min(this.#number, columns * rows - 1);
    const [row, column] = [Math.floor(this.#number / columns), this.#number % columns];
    const width = this.canvas.clientWidth;
    Object.assign(this.element.style, {
      left: `${(column * side + edge) * width}px`, top: `${(row * side + edge) * width}px`, width: `${(side - edge) * width}px`, height: `${(side - edge) * width}px`,
    });
    const query = new URLSearchParams({ model: this.run.id, step: String(opened), tile: String(this.#number) });
    this.element.href = `../play?${query}`;
    this.element.title = words.openTile(this.#step, opened);
    this.element.setAttribute("aria-label", words.tile(this.#number + 1, columns * rows, this.element.title));
  }

  /** The list of checkpoints grows while it trains, and old ones go. */
  async #news() {
    if (performance.now() - this.#asked < NEWS) return;
    this.#asked = performance.now();
    const answer = await fetch(this.run.url(), { cache: "no-store" }).then((response) => (response.ok ? response.json() : null)).catch(() => null);
    if (!answer) return;
    this.run.summary = answer;
    this.update(this.#step, this.#tiles);
  }
}
