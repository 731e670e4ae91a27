// @ts-check
/** @import { Lesson } from "../state/lesson.js" */
/** @import { View } from "../state/view.js" */
import { make, setText } from "../dom.js";
import { frame } from "../frame.js";
import { Follow } from "../state/follow.js";
import { goTo, place, prepares } from "../state/address.js";
import { words } from "../wording.js";

/** The line above a page of a class: a student follows the teacher or not, the teacher reads how many are here. */
export class ClassBar {
  /** @type {View | null} */
  #view = null;
  #presenting = () => false;
  #taken = ""; // what was followed last
  #offered = ""; // the run that this line offers

  /** @param {HTMLElement} element @param {Lesson} lesson */
  constructor(element, lesson) {
    this.element = element;
    this.lesson = lesson;
    this.follow = new Follow(sessionStorage);
    this.box = make("input", { type: "checkbox", role: "switch", id: "follow", on: { change: () => this.#turn(this.box.checked) } });
    this.switch = make("label", { class: "switch" }, this.box, make("span", {}, "Follow the teacher"));
    this.text = make("span", { class: "text", role: "status" });
    this.back = make("button", { type: "button", on: { click: () => this.#turn(true) } }, "Back to the teacher");
    this.begun = make("span", { class: "text", role: "status" });
    this.watch = make("button", { type: "button", on: { click: () => goTo({ page: "watch", query: { run: this.#offered } }) } }, "Watch it");
    element.append(this.switch, this.text, this.back, this.begun, this.watch);
    lesson.onNews(() => this.update());
    this.update();
  }

  /**
   * The live view takes part: its view is shown to the class, or is the teacher's.
   *
   * @param {View} view
   * @param {() => boolean} presenting whether this is the projector's page, which follows its teacher too
   */
  join(view, presenting) {
    this.#view = view;
    this.#presenting = presenting;
    view.onChange((_, own) => {
      if (!own) return;
      if (this.lesson.now.teaches) this.#show();
      else this.follow.pause();
      this.update();
    });
    this.update();
  }

  /** Offer a run that has begun while another is looked at; "" for none. @param {string} id */
  offer(id) {
    if (id === this.#offered) return;
    this.#offered = id;
    this.update();
  }

  /** Whether what is on screen is the teacher's choice. */
  get led() {
    return this.follows && this.follow.mode === "on" && this.lesson.now.shown !== null;
  }

  /** Whether this browser may follow: a student's, and the teacher's second window on a projector. */
  get follows() {
    return this.lesson.now.class && (!this.lesson.now.teaches || this.#presenting());
  }

  update() {
    const { now, known } = this.lesson;
    const { mode } = this.follow;
    if (this.follows) this.#go();
    else if (this.lesson.known && !document.hidden) this.#show();
    const student = now.class && !now.teaches;
    this.element.hidden = !known || !(now.class || this.#offered);
    this.switch.hidden = !student;
    this.box.checked = mode === "on";
    this.back.hidden = !student || mode !== "paused";
    setText(this.text, !now.class ? "" : student ? words.follows(this.follow.mode, now.shown !== null) : words.students(now.students));
    this.begun.hidden = this.watch.hidden = !this.#offered;
    setText(this.begun, this.#offered ? words.begun : "");
  }

  /** Go where the teacher is, or take over the view of the same place. */
  #go() {
    const { shown } = this.lesson.now;
    if (!shown || shown.tab === this.lesson.tab) return;
    if (this.#presenting() && shown.page !== "watch") return; // the projector has the live view alone
    // The projector leads too: what was done on it since counts, and its panel is its own.
    const [leads, text] = [this.lesson.now.teaches, JSON.stringify(shown)];
    if (leads && text === this.#taken) return;
    this.#taken = text;
    if (prepares()) {
      this.follow.pause();
      return;
    }
    const move = this.follow.next(shown, frame ? place() : this.#here);
    if (move === "go") goTo(shown, shown.page === "watch" ? shown.view : {});
    if (move !== "look" || shown.page !== "watch" || !this.#view) return;
    this.#view.adopt(new URLSearchParams(leads ? { ...shown.view, panel: this.#view.panel } : shown.view));
  }

  /** Let the class see what is on this screen. */
  #show() {
    const here = this.#here;
    if (here && this.#view?.ids.length !== 0) this.lesson.show({ ...here, view: Object.fromEntries(this.#view?.query() ?? []) });
  }

  /** What is on screen: in the live view its runs, which the address may name a little later. */
  get #here() {
    if (!this.#view) return place();
    const { ids } = this.#view;
    return { page: "watch", query: { [ids.length > 1 ? "runs" : "run"]: ids.join(",") } };
  }

  /** @param {boolean} on */
  #turn(on) {
    this.follow.turn(on);
    this.update();
  }
}
