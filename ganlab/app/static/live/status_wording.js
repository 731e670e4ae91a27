// @ts-check
// The sentences about a run's status and about what happened to it; ganlab/app/views/status_wording.py makes the same in Python.
import { count, setting } from "./format.js";

/** @import { Note, Status } from "./api.d.ts" */
/** @typedef {Record<string, any>} Details the data of a reason or a note */

const ROOM = "There is room again.";
const LESS = "a smaller batch_size, width or image_size needs less";

/**
 * What a run does or waits for, or why it ended.
 *
 * @param {Status} status
 * @returns {string}
 */
export function statusText({ state, reason, details, step, ...activity }) {
  if (reason === "text") return details.text; // the record of an older version
  if (state === "failed" || state === "lost") return failureText(reason, details);
  if (state === "stopped") return `Stopped after step ${count(step)}.`;
  if (state === "finished") return "All steps done.";
  if (state === "paused") return pauseText(reason, details);
  return reason ? failureText(reason, details) : activityText(activity);
}

/** @param {Pick<Status, "phase" | "subject" | "done" | "total" | "unit" | "ahead">} activity before it trains */
function activityText({ phase, subject, done, total, unit, ahead }) {
  switch (phase) {
    case "starting":
      return "Starting the worker.";
    case "starting_torch":
      return "Starting PyTorch.";
    case "training":
      return "The first curves come in a moment.";
    case "waiting_device":
      return `Waiting for ${subject}: ${ahead === 1 ? "1 run is" : `${count(ahead)} runs are`} ahead.`;
    case "waiting_room":
      return pauseText(subject, {});
    case "restoring":
      return `${subject} Going back to the one before.`;
  }
  if (total) return `${subject}: ${count(done)} of ${count(total)} ${unit}.`;
  return done ? `${subject}: ${count(done)} ${unit}.` : `${subject}.`;
}

/** @param {string} reason @param {Details} details */
function pauseText(reason, details) {
  if (reason === "disk_full") return "The disk is full: training waits until there is room.";
  if (reason === "limit_reached") return "The runs take all the room they may: training waits until there is room.";
  return reason === "room" ? ROOM : `Paused${by(details)}.`;
}

/** @param {string} reason why it failed or was lost @param {Details} details @returns {string} */
function failureText(reason, details) {
  switch (reason) {
    case "moved":
      return "The run's folder was moved or deleted while it trained: resume it where it is now.";
    case "killed":
      return killedText(details);
    case "out_of_memory":
      return `Out of memory: ${smaller(details)}.`;
    case "disk_full":
      return "The disk is full: make room, then resume; the last checkpoint is kept.";
    case "limit_reached":
      return "The runs take all the room they may: make room, then resume; the last checkpoint is kept.";
    case "locked":
      return `${details.name} cannot be written: make it writable again, then resume.`;
    case "unexpected":
      return `Unexpected ${details.type}: ${details.text || "no message"} (details in worker.log).`;
  }
  return details.text ?? reason;
}

/** @param {Details} details */
function killedText(details) {
  const memory = details.out_of_memory ? ` The machine ran out of memory meanwhile: ${smaller(details)}.` : "";
  if (details.kept) return `The worker was killed.${memory} Its last checkpoint is kept: resume to go on from there.`;
  if (details.started) return `The worker was killed before it kept a checkpoint.${memory} Resume to begin again.`;
  if (memory) return `The worker was killed before it began.${memory}`;
  return "Its worker ended before it began; worker.log in the run directory may say why: resume to try again.";
}

/** @param {Details} details */
function smaller({ setting: name, value }) {
  return name ? `try ${name} = ${Math.floor(value / 2)} (it was ${value}); a smaller width or image_size needs less too` : LESS;
}

/**
 * What happened to a run.
 *
 * @param {Note} note
 * @returns {string}
 */
export function noteText({ kind, step, data, text }) {
  if (text) return text; // the record of an older version
  switch (kind) {
    case "started":
      if (!step) return "Started.";
      return `Resumed after step ${count(step)}.${data.moved ? " It began on another kind of device, so the noise is drawn anew." : ""}`;
    case "paused":
    case "waiting_room":
      return pauseText(data.reason ?? "", data);
    case "continued":
      return data.reason === "room" ? ROOM : `Continued${by(data)}.`;
    case "changed":
      return changeText(data);
    case "finished":
      return "All steps done.";
    case "stopped":
      return `Stopped after step ${count(step)}.`;
    case "failed":
      return failureText(data.reason ?? "", data);
    case "repaired":
      return `The record was damaged: what could be read of it was kept; it is in ${data.file}.`;
    case "protocol_changed":
      return `${data.name} is read otherwise from here on: ${data.protocol}.`;
  }
  return `${kind[0].toUpperCase()}${kind.slice(1)}.`;
}

/** @param {Details} change made while the run trained */
function changeText({ name, who, before, value }) {
  const author = who ? ` (${who})` : "";
  return value === undefined ? `${name} updated alone${author}.` : `${name} ${setting(before)} → ${setting(value)}${author}.`;
}

/** @param {Details} details */
const by = ({ who }) => (who ? ` by ${who}` : "");
