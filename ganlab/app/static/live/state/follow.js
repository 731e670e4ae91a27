// @ts-check
// Following the teacher: whether this browser does, and what that means now.
/** @import { Shown } from "../api.d.ts" */
/** @import { Place } from "./address.js" */

/** @typedef {"on" | "paused" | "off"} Mode paused: by an action of one's own */
/** @typedef {"stay" | "go" | "look"} Move go: to another place; look: at the teacher's view of this one */

const MODE = "ganlab.follow";
const PLACE = "ganlab.followed"; // where this tab was led last

export class Follow {
  /** @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage of this tab, for all its pages */
  constructor(storage) {
    this.storage = storage;
  }

  /** @returns {Mode} */
  get mode() {
    const kept = this.storage.getItem(MODE);
    return kept === "paused" || kept === "off" ? kept : "on";
  }

  /** Follow from now on, or no longer. @param {boolean} on */
  turn(on) {
    this.storage.setItem(MODE, on ? "on" : "off");
    this.storage.removeItem(PLACE);
  }

  /** One looks around on one's own. */
  pause() {
    if (this.mode === "on") this.storage.setItem(MODE, "paused");
  }

  /**
   * What to do about what the teacher shows. One who has left where they were led looks around on their own.
   *
   * @param {Shown | null} shown
   * @param {Place | null} here
   * @returns {Move}
   */
  next(shown, here) {
    if (this.mode !== "on" || !shown) return "stay";
    const arrived = within(shown, here);
    if (!arrived && this.#led && !within(this.#led, here)) {
      this.pause();
      return "stay";
    }
    this.storage.setItem(PLACE, JSON.stringify({ page: shown.page, query: shown.query }));
    return arrived ? "look" : "go";
  }

  /** @returns {Place | null} */
  get #led() {
    return JSON.parse(this.storage.getItem(PLACE) ?? "null");
  }
}

/**
 * Whether `here` shows what `place` names; it may say more.
 *
 * @param {Place} place
 * @param {Place | null} here
 */
export function within(place, here) {
  return here !== null && here.page === place.page && Object.entries(place.query).every(([name, text]) => here.query[name] === text);
}
