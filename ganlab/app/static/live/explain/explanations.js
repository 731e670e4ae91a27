// @ts-check
// What each number of a run is, and what good looks like now: two sentences, from the kind of the number, the objective at hand
// and the values at hand. A number without an entry here has no explanation, which tests/js/explanations.test.js does not let pass.
import { count, value } from "../format.js";
import { fullLabel, groupOf, networkOf } from "../names.js";
import { LINE, referenceOf, symbol } from "./references.js";

/** @import { Quantities } from "../api.d.ts" */
/** @typedef {{ title: string, what: string, good: string }} Explanation */
/** @typedef {(name: string) => number | null} Now the value of a metric that is on screen now */

export const IMAGES_A_SECOND =
  "How many real images D learns from in a second: the batch size times the updates of D, times the steps per second.";
/** @type {Record<string, { real: string, fake: string }>} */
const SCORES = {
  "non-saturating": {
    real: "The probability of being real that D gives to real images, averaged over a batch.",
    fake: "The probability of being real that D gives to the fakes of G, averaged over a batch.",
  },
  "least squares": {
    real: "D's output for real images, averaged over a batch; it is trained towards 1 for real images and towards 0 for fakes.",
    fake: "D's output for the fakes of G, averaged over a batch; it is trained towards 1 for real images and towards 0 for fakes.",
  },
  hinge: {
    real: "D's output for real images, averaged over a batch; it is trained above 1 for real images and below −1 for fakes.",
    fake: "D's output for the fakes of G, averaged over a batch; it is trained above 1 for real images and below −1 for fakes.",
  },
  relativistic: {
    real: "D's output for real images, averaged over a batch: a number without a scale of its own.",
    fake: "D's output for the fakes of G, averaged over a batch: a number without a scale of its own.",
  },
  Wasserstein: {
    real: "D's output for real images, averaged over a batch: a number without a scale of its own.",
    fake: "D's output for the fakes of G, averaged over a batch: a number without a scale of its own.",
  },
};
/** @type {Record<string, string>} */
const G_LOSSES = {
  "non-saturating": "minus the logarithm of the probability of being real that D gives to its fakes, in nats.",
  "least squares": "the squared distance of D's output for its fakes from 1, which D is trained to give for real images.",
  hinge: "minus D's output for its fakes, averaged over a batch.",
  relativistic: "minus the logarithm of the probability that D takes a fake rather than the real image beside it for real, in nats.",
  Wasserstein: "minus D's output for its fakes, averaged over a batch: a number without a scale of its own.",
};
/** @type {Record<string, string>} */
const D_LOSSES = {
  "non-saturating": "minus the logarithm of the probability that it gives to the right answer, in nats",
  "least squares": "the squared distance of its output from 1 for real images and from 0 for fakes",
  hinge: "by how much its output falls short of 1 for real images and of −1 for fakes",
  relativistic: "minus the logarithm of the probability that it gives to the real image of a pair, one real and one fake, in nats",
  Wasserstein: "its output for fakes less its output for real images, which is minus its estimate of how far apart they are",
};
/** @type {Record<string, (name: string, now: Now, facts: Quantities) => Omit<Explanation, "title"> | null>} */
const GROUPS = { score, loss, distance, gradient, known, labels, augment, speed, time };
/** @type {Record<string, typeof adversarial>} */
const TERMS = { adversarial, gradient_penalty: penalty, r1: slope, r2: slope, nce: patches, nce_identity: patches, cycle: pixels, identity: pixels, l1: pixels };
/** @type {Record<string, string>} */
const SLOPES = { r1: "real images", r2: "the fakes of G" };
/** @type {Record<string, string>} */
const PATCHES = {
  nce: "How badly a patch of a picture of G is matched with the patch of its source at the same place, among other patches",
  nce_identity: "The same for pictures that are in the target domain already, which G should leave as they are",
};
/** @type {Record<string, string>} */
const PIXELS = {
  cycle: "How far a picture is from itself after it was led to the other domain and back",
  identity: "How much G changes a picture that is in its target domain already",
  l1: "How far the pictures of G are from their targets",
};

/**
 * What the metric is and what good looks like now; null for a metric that is not known here.
 *
 * @param {string} name
 * @param {string[]} names of all metrics that may be on screen
 * @param {Now} now
 * @param {Quantities} facts of the run
 * @returns {Explanation | null}
 */
export function explained(name, names, now, facts) {
  const found = GROUPS[groupOf(name)]?.(name, now, facts);
  return found ? { title: fullLabel(name, names, facts.noun), ...found } : null;
}

/** @param {string} text @param {number | null} x */
const reads = (text, x, verdict = "") => (x === null ? `${text}.` : `${text}; now it reads ${value(x)}${verdict && `: ${verdict}`}.`);

/** @param {string} name @param {Now} now @param {Quantities} facts */
function score(name, now, facts) {
  const what = SCORES[facts.objective]?.[/** @type {"real" | "fake"} */ (name.split("/")[1])];
  if (!what) return null;
  const [real, fake] = [now("score/real"), now("score/fake")];
  const both = real !== null && fake !== null;
  const reference = referenceOf(name, facts);
  if (reference === null) {
    const difference = both ? `; now it is ${value(real - fake)}` : "";
    return { what, good: `Only the difference between D(x) and D(G(z)) means something, and it should shrink as G learns${difference}.` };
  }
  const seen = both ? `; now they read ${value(real)} and ${value(fake)}: ${apart(real - fake, facts)}` : "";
  return { what, good: `Good is when D(x) and D(G(z)) meet near ${symbol(reference)} (${LINE}), where D cannot tell real from fake${seen}.` };
}

/** @param {number} difference @param {Quantities} facts */
function apart(difference, { certain }) {
  const part = difference / (certain ? certain[0] - certain[1] : 1);
  if (part > 0.8) return "D tells them apart with ease";
  if (part > 0.2) return "D is ahead of G, as it mostly is while both learn";
  return part > -0.1 ? "D can hardly tell, which is good if the pictures are" : "D takes fakes for real images more often than real ones";
}

/** @param {string} name @param {Now} now @param {Quantities} facts */
function loss(name, now, facts) {
  const term = name.split("/")[2];
  return TERMS[term]?.(name, now, facts) ?? null;
}

/** @param {string} name @param {Now} now @param {Quantities} facts */
function adversarial(name, now, facts) {
  return networkOf(name)[0] === "G" ? generator(name, now, facts) : discriminator(name, now, facts);
}

/** @param {string} name @param {Now} now @param {Quantities} facts */
function generator(name, now, facts) {
  const x = now(name);
  const reference = referenceOf(name, facts);
  if (!G_LOSSES[facts.objective]) return null;
  const what = `What ${networkOf(name)} tries to make small: ${G_LOSSES[facts.objective]}`;
  if (reference === null) return { what, good: "Its height and its sign mean nothing by themselves: go by the pictures, the distance and the loss of D." };
  const [low, high] = reference ? [0.67 * reference, 1.5 * reference] : [-0.5, 0.5];
  const verdict = x === null ? "" : x > high ? "D sees through most fakes" : x < low ? "G deceives D for now" : "D can hardly tell, which is good if the pictures are";
  return { what, good: reads(`Good is near ${symbol(reference)} (${LINE}), where D cannot tell real from fake, and no lower, since D learns too`, x, verdict) };
}

/** @param {string} name @param {Now} now @param {Quantities} facts */
function discriminator(name, now, facts) {
  const x = now(name);
  const reference = referenceOf(name, facts);
  if (!D_LOSSES[facts.objective] || reference === null) return null;
  const what = `What ${networkOf(name)} tries to make small: ${D_LOSSES[facts.objective]}${halves(facts)}.`;
  if (!reference) return { what, good: reads(`At 0 (${LINE}) D would see no difference; good is below it, rising towards it as G learns`, x) };
  const part = (x ?? 0) / reference;
  const verdict = part < 0.15 ? "D is nearly always right" : part < 0.85 ? "D is ahead of G, as it mostly is while both learn" : part < 1.15 ? "D can hardly tell, which is good if the pictures are" : "D does worse than by guessing";
  return { what, good: reads(`At ${symbol(reference)} (${LINE}) D only guesses, at 0 it is never wrong and G learns little from it; good is in between, rising towards the line`, x, verdict) };
}

/** @param {Quantities} facts */
const halves = ({ objective, averaged }) => (objective === "relativistic" ? "" : `; both halves are ${averaged ? "averaged" : "added"}`);

/** @param {string} name @param {Now} now @param {Quantities} facts */
function penalty(name, now, { weights }) {
  const x = now(name);
  const weight = weights.gradient_penalty ?? 1;
  const slope = x === null || !weight ? "" : `its slope is off by ${value(Math.sqrt(Math.max(0, x / weight)))} on average`;
  return {
    what: `How far the slope of D between real images and fakes is from 1, squared, times its weight of ${value(weight)}.`,
    good: reads("Good is small and steady, for only then does D's loss estimate a distance", x, slope),
  };
}

/** @param {string} name @param {Now} now @param {Quantities} facts */
function slope(name, now, { weights }) {
  const x = now(name);
  const term = name.split("/")[2];
  const weight = weights[term] ?? 1;
  const steep = x === null || !weight ? "" : `a slope of about ${value(Math.sqrt(Math.max(0, x / weight)))}`;
  return {
    what: `How steep D is at ${SLOPES[term]}: the length of its gradient there, squared, times its weight of ${value(weight)}.`,
    good: reads("Good is small beside the loss of D and steady, for a D without slopes at good pictures leaves G in peace", x, steep),
  };
}

/** @param {string} name @param {Now} now @param {Quantities} facts */
function patches(name, now, { weights }) {
  const x = now(name);
  const term = name.split("/")[2];
  const weight = weights[term] ?? 1;
  const nats = x === null || !weight ? "" : `${value(x / weight)} nats a patch`;
  return {
    what: `${PATCHES[term]}: a cross-entropy, times its weight of ${value(weight)}.`,
    good: reads("Lower is better; far above is a picture that no longer shows what its source shows", x, nats),
  };
}

/** @param {string} name @param {Now} now @param {Quantities} facts */
function pixels(name, now, { weights }) {
  const x = now(name);
  const term = name.split("/")[2];
  const weight = weights[term] ?? 1;
  const levels = x === null || !weight ? "" : `${value((127.5 * x) / weight)} of 255 levels of brightness at each pixel`;
  return {
    what: `${PIXELS[term]}: the mean difference of their pixels, which lie from −1 to 1, times its weight of ${value(weight)}.`,
    good: reads("Lower is better, and 0 would be perfect", x, levels),
  };
}

/** @param {string} name @param {Now} now @param {Quantities} facts */
function distance(name, now, { readings, noun }) {
  const x = now(name);
  const { fakes, real, floor } = readings[name] ?? {};
  const whom = fakes && real ? `${count(fakes)} fakes are from ${count(real)} real ${noun}` : `the fakes are from real ${noun}`;
  const what = `How far ${whom}, as ${reader(name)} sees them: the Fréchet distance${name.endsWith("/inception") ? ", here the FID" : ""}.`;
  if (floor === undefined) return { what, good: reads(`Lower is better, and 0 would be perfect; what real ${noun} read was not measured in this run`, x) };
  const times = x === null || floor <= 0 ? "" : x < 1.5 * floor ? "about as near as real ones" : `${value(x / floor)} times as much`;
  return { what, good: reads(`Lower is better: other real ${noun} read ${symbol(floor)} (${LINE}), and G cannot be expected to read less`, x, times) };
}

/** @param {string} name */
function reader(name) {
  if (name.endsWith("/inception")) return "the Inception network";
  return name.includes("/lenet-") ? "a small classifier" : "a network";
}

/** @param {string} name @param {Now} now */
function gradient(name, now) {
  const network = networkOf(name);
  return {
    what: `The length of the gradient of ${network}: how hard its loss pulls at its weights at this step.`,
    good: reads("Good is steady: near 0 nothing is learned any more, and a jump to ten times as much announces trouble", now(name)),
  };
}

/** @param {string} name @param {Now} now */
function labels(name, now) {
  const whose = { of_real: "as real images have them", of_fake: "as fakes are asked for" }[name.split("/")[1]];
  if (!whose) return null;
  const [real, fake] = [now("labels/of_real"), now("labels/of_fake")];
  const seen = real !== null && fake !== null ? `; now they read ${value(real)} and ${value(fake)}` : "";
  return { what: `D's score for the same pictures with labels ${whose}.`, good: `Good is when both kinds of labels read alike, or else D can tell fakes by their labels alone${seen}.` };
}

/** @param {string} name @param {Now} now */
function known(name, now) {
  const whose = { trained: "that it learns from", held_out: "that it never learns from" }[name.split("/")[1]];
  if (!whose) return null;
  const [trained, heldOut] = [now("known/trained"), now("known/held_out")];
  const seen = trained !== null && heldOut !== null ? `; now they read ${value(trained)} and ${value(heldOut)}` : "";
  return { what: `D's score for real images ${whose}, as they are, without augmentation.`, good: `Good is when known and held-out images read alike; where held-out ones read like fakes, D knows the others by heart${seen}.` };
}

/** @param {string} name @param {Now} now */
function augment(name, now) {
  const x = now(name);
  if (name === "augment/strength")
    return {
      what: "The share of what D sees, real or fake, that each change (colour, place, a covered part) is made to.",
      good: reads("It rises while D is too sure of the real images and falls otherwise; good is when it settles below 0.8", x),
    };
  if (name !== "augment/overfitting") return null;
  const verdict = x === null ? "" : x > 0.6 ? "D is too sure of the images it knows" : "D is not too sure";
  return {
    what: "How sure D is of the real images it learns from: 1 where it takes all for real, 0 where it guesses.",
    good: reads("Good is near 0.6, to which the strength steers it", x, verdict),
  };
}

/** @param {string} name @param {Now} now */
function speed(name, now) {
  return {
    what: IMAGES_A_SECOND,
    good: reads("Higher is faster, not better; good is steady, and it drops while other runs or programs use the machine", now(name)),
  };
}

/** @param {string} name @param {Now} now */
function time(name, now) {
  if (name === "time/seconds") return { what: "The seconds that this run has trained, without its pauses.", good: reads("Shorter is not better: compare runs after equal times", now(name)) };
  return { what: "The share of the time in which training waits for its images.", good: reads("Good is near 0: then the network is what takes the time, not the disk", now(name)) };
}
