// @ts-check
// The live view: wires runs, polling, charts and sheets together. What it shows is in the URL: ?run=ID or ?runs=ID,ID.
import { Card } from "./parts/card.js";
import { Charts } from "./charts/charts.js";
import { ClassBar } from "./parts/classbar.js";
import { Comparison } from "./parts/compare.js";
import { Doctor } from "./parts/doctor.js";
import { byId, setText } from "./dom.js";
import { keepFrame, seenMiddle } from "./frame.js";
import { goTo } from "./state/address.js";
import { Lesson } from "./state/lesson.js";
import { Player } from "./parts/player.js";
import { Poller } from "./state/poll.js";
import { Presenter } from "./parts/presenter.js";
import { Run } from "./state/run.js";
import { RealSheet } from "./parts/real.js";
import { Sheet } from "./parts/sheet.js";
import { Timeline } from "./state/timeline.js";
import { Toolbar } from "./parts/toolbar.js";
import { View } from "./state/view.js";
import { Waiting } from "./parts/waiting.js";
import { words } from "./wording.js";

const view = new View();
const runs = view.ids.map((id, i) => new Run(id, i, view.ids.length));
const waiting = new Waiting(byId("waiting"));
const lesson = new Lesson();
const bar = new ClassBar(byId("class"), lesson);

keepFrame();
if (runs.length) start();
else waiting.offer();
lesson.onNews(() => newest());

function start() {
  document.body.dataset.runs = String(runs.length);
  const timeline = new Timeline(view);
  const charts = new Charts(runs, view, timeline);
  const toolbar = new Toolbar(byId("toolbar"), view, charts, runs);
  const sheets = runs.map((run) => new Sheet(run, timeline, (step) => equal(run, step)));
  const comparison = runs.length > 1 ? new Comparison(byId("comparison"), runs, view, timeline, onNamed) : null;
  const player = new Player(byId("player"), timeline, runs, (step) => sheets.every((sheet) => sheet.ready(step)));
  const cards = runs.map((run) => new Card(run, confirmStop));
  const doctor = runs.length === 1 ? new Doctor(byId("doctor"), runs[0], timeline) : null;
  const presenter = new Presenter(view, lesson, charts.redraw);
  bar.join(view, () => presenter.on);
  const reals = runs.map((run) => new RealSheet(run, sheets[run.index].element));
  byId("sheets").append(...sheets.map((sheet) => sheet.element));
  player.offerReal(reals);
  byId("cards").append(...cards.map((card) => card.element));

  view.onChange((changes) => "axis" in changes && sheets.forEach((sheet) => sheet.update()));
  for (const run of runs) new Poller(run, onNews);
  waiting.update(runs);

  /** @param {Run} run @param {boolean} changed */
  function onNews(run, changed) {
    cards[run.index].update();
    waiting.update(runs);
    byId("main").hidden = !byId("waiting").hidden;
    doctor?.update();
    presenter.update();
    byId("offline").hidden = !runs.some((other) => other.link === "lost");
    document.title = words.title(runs);
    if (!changed) return;
    timeline.setSteps([...new Set(runs.flatMap((other) => other.sheets))].sort((a, b) => a - b));
    for (const sheet of sheets) sheet.update(); // news of one run may change which step of another is the same place
    player.update();
    player.offerReal(reals);
    toolbar.update();
    charts.redraw();
    comparison?.update();
  }

  function onNamed() {
    document.title = words.title(runs);
    for (const part of [...cards, ...sheets]) part.update();
    charts.redraw();
  }

  /**
   * The step of a run at the place of the x axis where the first run has done `step`; the newest stays the newest.
   *
   * @param {Run} run
   * @param {number} step
   */
  function equal(run, step) {
    return run === runs[0] || timeline.atNewest ? step : run.stepAt(runs[0].xOf(step, view.axis), view.axis);
  }
}

/** @type {string | null} */
let first = null; // the newest run when this page was opened
let trained = false; // whether one of those on screen trained while it was looked at
let going = "";

/** A run that begins takes the place of none, and of one that was watched to its end; else it is offered. */
function newest() {
  if (!lesson.known) return;
  const { newest: id } = lesson.now;
  first ??= id;
  trained ||= runs.some((run) => run.active);
  const fresh = id !== "" && id !== first && runs.every((run) => run.id !== id);
  if (!fresh || bar.led) return bar.offer("");
  if (runs.length && !(trained && runs.every((run) => !run.active))) return bar.offer(id);
  if (going !== id) goTo({ page: "watch", query: { run: id } });
  going = id;
}

/** @param {Run} run @returns {Promise<boolean>} whether to stop it */
function confirmStop(run) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("confirm"));
  setText(byId("confirm-title"), words.confirmStop(run.title));
  setText(byId("confirm-text"), words.stopKeeps);
  dialog.returnValue = "";
  dialog.style.top = `${seenMiddle()}px`; // a frame is taller than the screen: its own middle may be out of sight
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}
