import { make, setText } from "../dom.js";
import { value } from "../format.js";

const PATTERNS = { solid: "", dash: "7 4", dot: "2 4", dashdot: "7 3 2 3" };

/** The curves of a chart by name, each with its value at the pointer; a click hides or shows it. */
export class Legend {
  element = make("div", { class: "legend" });
  #chips = new Map();
  #drawn = "";

  constructor(view) {
    this.view = view;
  }

  /** Whether a line is hidden. */
  hides(line) {
    return this.view.hidden.has(keyOf(line));
  }

  /** Make the chips anew when other lines are to be named. */
  update(lines) {
    const drawn = lines.map((line) => [line.run.id, line.run.title, line.label, line.token, line.dash]).join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#chips.clear();
    const rows = Map.groupBy(lines, (line) => line.run);
    this.element.classList.toggle("many", rows.size > 1);
    this.element.replaceChildren(
      ...[...rows].map(([run, own]) =>
        make("div", { class: "row" }, ...(run.total > 1 ? [make("b", { title: run.title }, run.title)] : []), ...own.map((line) => this.#chip(line))),
      ),
    );
  }

  /** Show each line's value nearest to `stepOf(run)`; null: its newest. */
  showValues(lines, stepOf, smoothing) {
    for (const line of lines) {
      const step = stepOf(line.run);
      const i = step === null ? line.curve.steps.length - 1 : line.curve.indexNear(step);
      const chip = this.#chips.get(keyOf(line));
      if (!chip || i < 0) continue;
      setText(chip.lastChild, value(line.curve.smoothed(smoothing, line.run.logEvery)[i]));
      chip.title = `${line.label}: ${value(line.curve.values[i])} at step ${line.curve.steps[i]}${smoothing ? ", shown smoothed" : ""}`;
    }
  }

  #chip(line) {
    const key = keyOf(line);
    const chip = make("button", { class: "chip", type: "button" }, swatch(line), make("span", {}, line.label), make("output"));
    const show = () => chip.setAttribute("aria-pressed", String(!this.hides(line)));
    chip.addEventListener("click", () => {
      const hidden = new Set(this.view.hidden);
      if (!hidden.delete(key)) hidden.add(key);
      this.view.set({ hidden });
      show();
    });
    show();
    this.#chips.set(key, chip);
    return chip;
  }
}

/** A curve on the page, in the address too: "0:loss/G". */
const keyOf = (line) => `${line.run.index}:${line.name}`;

function swatch(line) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 22 6");
  svg.setAttribute("class", "swatch");
  svg.innerHTML = `<line x1="1" y1="3" x2="21" y2="3" stroke-width="3" stroke-dasharray="${PATTERNS[line.dash]}"/>`;
  svg.style.stroke = `var(${line.token})`;
  return svg;
}
