// @ts-check
// The sentences of the live view, made from kinds and numbers; the other modules hold no English but labels of buttons and rows.
// Those about a run's status, its annotations and its findings come from the server.
import { clock, count, duration, elapsed, setting, value } from "./format.js";

/** @import { Axis, Note, Setting, State, Status } from "./api.d.ts" */
/** @import { Run } from "./state/run.js" */

/** @type {Record<State | "gone", string>} */
const STATES = {
  queued: "Queued",
  running: "Running",
  paused: "Paused",
  stopped: "Stopped",
  finished: "Finished",
  failed: "Failed",
  lost: "Lost",
  gone: "Not there",
};
/** @type {Record<Axis, string>} */
const SAME = { step: "step", epoch: "epoch", time: "training time", images: "number of images seen" };
const listed = new Intl.ListFormat("en");

/** @param {number} n @param {string} noun */
const many = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;

export const words = {
  notReached: "The server could not be reached: the run goes on.",
  noAnswer: "The server does not answer.",

  // A class

  /** @param {"on" | "paused" | "off"} mode @param {boolean} shown whether the teacher shows anything yet */
  follows(mode, shown) {
    if (mode === "paused") return "Paused: you look around on your own.";
    if (mode === "off") return "";
    return shown ? "You see what your teacher shows." : "Your screen will show what your teacher shows.";
  },

  /** @param {number} n */
  students: (n) => `${n ? many(n, "student") : "No student"} here. Your class follows you on Watch, Evaluate and Play.`,

  /** @param {number} n below the number */
  here: (n) => `student${n === 1 ? "" : "s"} here`,

  begun: "A new run has begun.",
  joinAt: "Join at",
  joinWith: "with the code",
  joinCode: "QR code of the address to join",
  noAddress: "This computer has no address in a network: others cannot join.",
  presenterKeys: "← → switch · Space plays · Esc leaves",
  sheetPanel: "Samples",
  doctorPanel: "Doctor",
  comparisonPanel: "Comparison",

  // One run

  /** @param {Run} run */
  badge(run) {
    if (run.link === "gone") return STATES.gone;
    if (!run.status) return "Connecting";
    // A worker that has its turn reads data and builds networks before it trains.
    return run.status.state === "queued" && run.status.phase !== "waiting_device" ? "Preparing" : STATES[run.status.state];
  },

  /**
   * What stands below a card: why a run is not what the user wants it to be; "" where there is nothing to explain.
   *
   * @param {Run} run
   */
  banner({ link, status }) {
    if (link === "gone") return "There is no such run any more: it was deleted, or the address is wrong.";
    if (status?.silent) return status.text;
    if (!status || !["failed", "lost", "paused"].includes(status.state)) return "";
    const byUser = status.state === "paused" && ["", "user"].includes(status.reason); // which the badge shows already
    return byUser ? "" : status.text;
  },

  /**
   * In place of curves and pictures.
   *
   * @param {Run} run
   */
  waiting({ link, active, status }) {
    if (link === "gone") return "Which run do you want to watch instead?";
    if (!status) return "Connecting…";
    if (!active) return "This run ended before its first step.";
    return status.phase === "training" && !status.reason && !status.silent ? "The first curves come in a moment." : status.text;
  },

  /** @param {Run[]} runs the title of the page */
  title(runs) {
    const [run] = runs;
    const percent = run.status ? Math.floor((100 * run.status.step) / run.status.steps) : 0;
    return `${run.active ? `${percent} % · ` : ""}${runs.map((other) => other.title).join(" · ")} · GANLab`;
  },

  /** @param {string} title */
  confirmStop: (title) => `Stop ${title}?`,
  stopKeeps: "It saves a checkpoint first, so it can be resumed later, exactly from there.",

  /** @param {number} known how many runs there are */
  offer: (known) => (known ? "Which run do you want to watch?" : "There is no run to watch yet."),

  /** @param {number} created @param {Status} status */
  runOffered: (created, { state, step }) => `${clock(created)}, ${STATES[state].toLowerCase()} at step ${count(step)}`,

  // Changes while it trains

  /**
   * The last change since the pause, and how many there were: pictures and curves do not show an update at once.
   *
   * @param {Note[]} changes
   */
  lastChange(changes) {
    const last = changes.at(-1);
    if (!last) return "";
    return changes.length > 1 ? `${last.text} ${count(changes.length)} changes since the pause.` : last.text;
  },

  /** @param {Note[]} notes all of one step @param {number} step @param {string} title of the run, where there are several */
  mark: (notes, step, title) =>
    `${title && `${title}: `}${notes.map(({ text }) => text).join(" ")} (step ${count(step)})`,

  // Curves

  noLogarithm: "Values of zero and below have no place on a logarithmic axis.",

  unknownProtocol: "how it was read is not on record",

  protocols: "Not comparable: these distances were measured against other images, with other numbers of them, or by another network.",

  /** @param {string} label */
  curveOf: (label) => `Curve of ${label}`,
  hides: "Hide or show this curve",

  /** @param {string} label @param {number | null} number @param {number} step @param {boolean} smoothed */
  curveValue: (label, number, step, smoothed) =>
    `${label}: ${value(number)} at step ${count(step)}${smoothed ? " (the curve is smoothed)" : ""}`,

  // Sheets of samples

  /**
   * Where a step stands: its epoch and time too, of a run that is alone on the page.
   *
   * @param {Run} run
   * @param {number} step
   */
  place(run, step) {
    const parts = [`step ${count(step)}`];
    if (run.total === 1 && run.summary?.steps_per_epoch) parts.push(`epoch ${run.xOf(step, "epoch").toFixed(2)}`);
    if (run.total === 1 && run.curves.has("time/seconds")) parts.push(duration(run.xOf(step, "time")));
    return parts.join(" · ");
  },

  /** @param {string} title @param {number} step */
  sheetCaption: (title, step) => `${title} · step ${count(step)}`,

  /** @param {string} title */
  progressOf: (title) => `Progress of ${title}`,

  /** @param {string} title @param {number} step */
  samples: (title, step) => `Samples of ${title} at step ${count(step)}`,

  /** @param {string} title of the run, where there are several @param {string} noun */
  realImages: (title, noun) => `${title ? `${title} · r` : "R"}eal ${noun}`,

  realLayout: "As many as there are samples, of the same classes, chosen at random from the training images",

  /** @param {number} step on screen @param {number} opened the step of the checkpoint that is opened */
  openTile: (step, opened) => (step === opened ? "Open this picture in Play" : `Open the same z in Play at step ${count(opened)}: step ${count(step)} has no checkpoint`),

  /** @param {number} number @param {number} total @param {string} what */
  tile: (number, total, what) => `Picture ${number} of ${total}. ${what}`,

  /** @param {number} step */
  sheetUnreadable: (step) => `The sheet of step ${count(step)} could not be read.`,

  /** @param {Run} run */
  noSheet({ active, status, summary }) {
    if (status?.state === "queued") return status.text;
    return active && summary ? `The next sheet comes within ${many(summary.config.sample_every, "step")}.` : "This run has no sample sheet.";
  },

  // Several runs

  /** @param {Axis} axis @param {number} at @param {boolean} last whether no run that is behind has come further */
  comparedAt(axis, at, last) {
    const place = { step: count(at), epoch: at.toFixed(2), time: elapsed(at), images: count(at) }[axis];
    return `At the same ${SAME[axis]}: ${place}${last ? ", the last that all runs have reached" : ""}`;
  },

  /** @param {number} settings that differ @param {boolean | null} sameZ null where not all runs draw from z */
  differences(settings, sameZ) {
    const head = settings ? "Settings that differ" : "The settings are the same";
    return sameZ === null ? head : `${head}; the sheets are drawn from ${sameZ ? "the same" : "different"} z`;
  },

  key: "In every chart the colour is the run; G and real images are drawn solid or dotted, D and fakes dashed.",

  /** @param {Note} note */
  change: (note) => `step ${count(note.step)}: ${note.text}`,

  /** @param {number} n */
  earlierChanges: (n) => many(n, "earlier change"),

  /**
   * Why the pictures are not of the same z in all runs; "" where they are.
   *
   * @param {string[]} titles
   * @param {(number | null)[]} lengths of each run's z, null where it translates photos
   */
  sameZ(titles, lengths) {
    const without = titles.filter((_, i) => lengths[i] === null);
    if (without.length === titles.length) return "These runs translate photos: none of them draws from z.";
    const numbers = lengths.filter((length) => length !== null).map(String);
    const sentences = [];
    if (without.length) sentences.push(`${listed.format(without)}: no pictures here, since ${without.length > 1 ? "these models translate photos and have" : "this model translates photos and has"} no z.`);
    if (new Set(numbers).size > 1) sentences.push(`z has ${listed.format(numbers)} numbers in these runs: where that differs, it cannot be the same z.`);
    return sentences.join(" ");
  },

  /** @param {number} n @param {string} title @param {number} seed */
  pictures: (n, title, seed) => `${n} pictures of ${title} from seed ${seed}`,

  /** @param {boolean} active */
  noModel: (active) =>
    active ? "This run has no model yet: one comes with its first checkpoint." : "This run ended before its first checkpoint: it has no model.",

  // The doctor

  /** @param {number} seconds until the next try */
  examinationFailed: (seconds) => `The last examination of this run failed; the next is in ${seconds} s.`,

  /** @param {number} n */
  findings: (n) => many(n, "finding"),

  /** @param {"warning" | "failure"} severity */
  severity: (severity) => (severity === "failure" ? "Failure" : "Warning"),

  /** @param {number} from @param {number} to */
  steps: (from, to) => (from < to ? `steps ${count(from)} to ${count(to)}` : `step ${count(to)}`),

  /** @param {number} step */
  seeSheet: (step) => `See the sheet of step ${count(step)}`,

  /** @param {{ name: string, from: Setting, to: Setting }[]} changes */
  changes: (changes) => changes.map(({ name, from, to }) => `${name} ${setting(from)} → ${setting(to)}`).join(", "),

  /** @param {string} changes */
  startAnew: (changes) => `Start a new run with ${changes}: there is no checkpoint to go on from.`,

  /** @param {number} step */
  fork: (step) => `A new run that goes on after step ${count(step)} of this one; you can look at the settings first`,

  /** @param {string} name of a metric */
  curve: (name) => `${name} over the steps`,

  /** @param {string} network */
  gradient: (network) => `Gradient of ${network}`,
};
