// The live view: wires runs, polling, charts and sheets together. What it shows is in the URL: ?run=ID or ?runs=ID,ID.
import { Card } from "./parts/card.js";
import { Charts } from "./charts/charts.js";
import { Comparison } from "./parts/compare.js";
import { Doctor } from "./parts/doctor.js";
import { setText } from "./dom.js";
import { keepFrame, seenMiddle } from "./frame.js";
import { Player } from "./parts/player.js";
import { Poller } from "./state/poll.js";
import { Run } from "./state/run.js";
import { Sheet } from "./parts/sheet.js";
import { Timeline } from "./state/timeline.js";
import { Toolbar } from "./parts/toolbar.js";
import { View } from "./state/view.js";
import { Waiting } from "./parts/waiting.js";

const $ = (id) => document.getElementById(id);

const view = new View();
const runs = view.ids.map((id, i) => new Run(id, i, view.ids.length));
const waiting = new Waiting($("waiting"));

keepFrame();
if (runs.length) start();
else waiting.offer();

function start() {
  document.body.dataset.runs = runs.length;
  const timeline = new Timeline(view);
  const charts = new Charts(runs, view, timeline);
  const toolbar = new Toolbar($("toolbar"), view, charts, runs);
  const sheets = runs.map((run) => new Sheet(run, timeline, (step) => equal(run, step)));
  const comparison = runs.length > 1 ? new Comparison($("comparison"), runs, view, timeline, onNamed) : null;
  const player = new Player($("player"), timeline, runs, (step) => sheets.every((sheet) => sheet.ready(step)));
  const cards = runs.map((run) => new Card(run, confirmStop));
  const doctor = runs.length === 1 ? new Doctor($("doctor"), runs[0], timeline) : null;
  $("sheets").append(...sheets.map((sheet) => sheet.element));
  $("cards").append(...cards.map((card) => card.element));

  view.onChange((changes) => "axis" in changes && sheets.forEach((sheet) => sheet.update()));
  for (const run of runs) new Poller(run, onNews);
  waiting.update(runs);

  function onNews(run, changed) {
    cards[run.index].update();
    waiting.update(runs);
    $("main").hidden = !$("waiting").hidden;
    doctor?.update();
    $("offline").hidden = !runs.some((other) => other.link === "lost");
    document.title = titleOf(runs);
    if (!changed) return;
    timeline.setSteps([...new Set(runs.flatMap((other) => other.sheets))].sort((a, b) => a - b));
    for (const sheet of sheets) sheet.update(); // news of one run may change which step of another is the same place
    player.update();
    toolbar.update();
    charts.redraw();
    comparison?.update();
  }

  function onNamed() {
    document.title = titleOf(runs);
    for (const part of [...cards, ...sheets]) part.update();
    charts.redraw();
  }

  /** The step of a run at the place of the x axis where the first run has done `step`; the newest stays the newest. */
  function equal(run, step) {
    return run === runs[0] || timeline.atNewest ? step : run.stepAt(runs[0].xOf(step, view.axis), view.axis);
  }
}

function titleOf(shown) {
  const [run] = shown;
  const percent = run.status ? Math.floor((100 * run.status.step) / run.status.steps) : 0;
  return `${run.active ? `${percent} % · ` : ""}${shown.map((other) => other.title).join(" · ")} · GANLab`;
}

function confirmStop(run) {
  const dialog = $("confirm");
  setText(dialog.querySelector("h2"), `Stop ${run.title}?`);
  setText(dialog.querySelector("p"), "It keeps a checkpoint first, so it can be resumed later, exactly from there.");
  dialog.returnValue = "";
  dialog.style.top = `${seenMiddle()}px`; // a frame is taller than the screen: its own middle may be out of sight
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}
