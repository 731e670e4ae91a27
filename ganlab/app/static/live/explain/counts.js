// @ts-check
// What the numbers of a run's card are, and what good looks like.
import { count, duration, rate } from "../format.js";
import { IMAGES_A_SECOND } from "./explanations.js";

/** @import { Run } from "../state/run.js" */
/** @import { Explanation } from "./explanations.js" */

/** @type {Record<string, (run: Run) => Omit<Explanation, "title">>} */
export const COUNTS = {
  Step: (run) => ({
    what: "One step is one update of G, with the updates of D that belong to it.",
    good: `This run ends after ${count(run.status?.steps ?? 0)}; whether fewer are enough, the pictures and the distance show, not this number.`,
  }),
  Done: () => ({ what: "The part of the steps that are done.", good: "You can stop at any time: a checkpoint is kept, and the run can be resumed later." }),
  Epoch: (run) => ({
    what: "How often D has seen every image of the data set once.",
    good: `An epoch of this run is ${count(run.summary?.steps_per_epoch ?? 0)} steps; small data sets take many epochs, large ones a few.`,
  }),
  "Steps / s": (run) => ({
    what: "How many steps are done in a second, at the last look.",
    good: `Good is steady; now it is ${rate(run.status?.steps_per_second ?? 0)}, and it drops while other runs or programs use the machine.`,
  }),
  "Images / s": (run) => ({
    what: IMAGES_A_SECOND,
    good: `Higher is faster, not better; good is steady, now ${rate(run.status?.images_per_second ?? 0)}, and it drops while other runs or programs use the machine.`,
  }),
  "Time left": (run) => ({
    what: "How long the steps that are left take at the present speed.",
    good: `At this speed the run ends in ${duration(run.status?.seconds_left ?? 0)}; a pause is not counted.`,
  }),
  Elapsed: () => ({ what: "How long this run has trained, minutes and seconds, without its pauses.", good: "Compare runs after equal times or equal steps, not at their ends." }),
  "No news for": () => ({ what: "How long nothing was heard of the process that trains.", good: "Good is a few seconds; after minutes it may hang, and stopping and resuming the run helps." }),
  Memory: () => ({ what: "The memory that the process that trains takes, on the GPU where there is one.", good: "Good is steady; where memory runs short, a smaller batch or narrower networks take less." }),
  Device: () => ({ what: "What computes this run: the processor (CPU) or a graphics card.", good: "Small pictures train well on a CPU; for large ones a graphics card is many times faster." }),
};
COUNTS["Training time"] = COUNTS.Elapsed;
COUNTS.Epochs = COUNTS.Epoch;
COUNTS["Real images seen"] = () => ({
  what: "How many real images D has learned from so far, each as often as it came.",
  good: "Runs with different batch sizes or numbers of updates of D are fairly compared after equally many.",
});
COUNTS["Left"] = COUNTS["Time left"];
COUNTS["Trained for"] = COUNTS.Elapsed;
