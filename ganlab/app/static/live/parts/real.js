// @ts-check
/** @import { Run } from "../state/run.js" */
import { make, setText } from "../dom.js";
import { paint, tallest } from "./picture.js";
import { words } from "../wording.js";

/** Real images beside the samples of a run: as many, laid out alike, with the same labels. Loaded when they are first wanted. */
export class RealSheet {
  /** @type {HTMLImageElement | null} */
  #image = null;
  #ready = false;

  /** @param {Run} run @param {HTMLElement} beside the sheet of samples, after which it stands while it is shown */
  constructor(run, beside) {
    this.run = run;
    this.beside = beside;
    this.canvas = make("canvas", { role: "img" });
    this.caption = make("figcaption", { title: words.realLayout });
    this.frame = make("div", { class: "picture" }, this.canvas);
    this.element = make("figure", { class: "sheet real", style: `--run: var(--run${run.index + 1})` }, this.caption, this.frame);
    new ResizeObserver(() => this.#paint()).observe(this.element);
  }

  /** Whether this run has real images to show. */
  get there() {
    return this.run.summary?.real_images ?? false;
  }

  /** @param {boolean} shown */
  async show(shown) {
    shown &&= this.there;
    if (shown && !this.element.isConnected) this.beside.after(this.element);
    if (!shown) this.element.remove();
    const { noun } = this.run.quantities;
    setText(this.caption, words.realImages(this.run.total > 1 ? this.run.title : "", noun));
    this.canvas.setAttribute("aria-label", this.caption.textContent ?? "");
    if (!shown || this.#image) return;
    this.#image = make("img", { src: this.run.url("/real.png") });
    this.#ready = await this.#image.decode().then(() => true, () => false);
    if (!this.#ready) this.#image = null; // asked for again the next time
    this.#paint();
  }

  #paint() {
    const room = this.frame.clientWidth;
    if (!this.#image || !this.#ready || !room) return;
    paint(this.canvas, this.#image, { room, tallest: tallest(this.run.total), size: this.run.summary?.config.image_size ?? 0 });
  }
}
