// @ts-check
// Every sentence that the playground's scripts put on the page; the other scripts know kinds and numbers only.
"use strict";

window.ganlabWords = {
  unreachable: "The server does not answer. Is it still running?",
  refused: "The server cannot draw right now.",
  busy: "Many pictures are being drawn; this one follows.",
  // Weights of other projects have no step.
  drawn: (step, milliseconds) => `${step ? `Step ${step.toLocaleString("en-US")} · d` : "D"}rawn in ${milliseconds} ms`,
  score: (score) =>
    score === null
      ? { text: "No D here to score it", hint: "This model is shared without its discriminator." }
      : { text: `D’s score ${score.toFixed(2)}`, hint: "In the units of the live charts." },
  mixture: (first, second, share) => `${100 - Math.round(100 * share)} % ${first}, ${Math.round(100 * share)} % ${second}`,
  copied: (what) => `${what} copied`,
  toCopy: (what) => `${what}, to copy:`,
  moment: (step, kept, newest) => `Step ${step.toLocaleString("en-US")}${newest ? ", the newest" : kept ? "" : ", the sheet alone"}`,
  sheetAlone: (step) =>
    `No checkpoint was kept at step ${step.toLocaleString("en-US")}: this is the sheet of samples that was saved then, from z of its own.`,
  drawnBefore: (number, count) => `Back to picture ${number} of the last ${count}`,
  forget: (name) => `Remove “${name}”`,
  started: "The start is set: move on to another picture, name the way there and save it.",
  nameFirst: "Give the direction a name first.",
  moveFirst: "This is still the picture that the direction starts from: move a slider or draw another seed first.",
  manyDirections: (most) => `${most} directions are kept for a model: remove one first.`,
  notKept: "This browser keeps nothing for this page, so the direction is lost when you leave it.",
  close: "Close this message",
  example: (number) => `Example ${number}`,
  enlarge: "Show this picture large",
  unforeseen: "Something went wrong on the server, whose log says what; try it once more.",
  noImage: "The browser cannot read this file as an image.",

  serverDraws: "The server draws.",
  loading: "Loading…",
  loadingPart: (what, done, total) => `Loading ${what}: ${megabytes(done)}${total >= done ? ` of ${megabytes(total)}` : ""}`,
  browserDraws: (perSecond) =>
    perSecond > 1 ? `Ready: this browser draws, ${perSecond} pictures in the last second.` : "Ready: this browser draws.",
  notLoaded: (what, host, status) =>
    `${what} could not be loaded from ${host ?? "this server"} (${status || "is there a connection?"})`,
  wrongChecksum: (what, host) => `What ${host ?? "this server"} sent as ${what} is not the file that is known (wrong checksum)`,
  insecure: "A CDN's files can only be checked over https or on localhost: take the package from this server",
  serverGoesOn: (problem) => `${problem.split("\n")[0].slice(0, 200).replace(/[.:]?$/, "")}; the server goes on drawing.`,
};

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
