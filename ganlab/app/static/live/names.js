// @ts-check
// Metric names as people read them, and which chart they belong to.

/** @type {Record<string, { title: string, hint?: string }>} */
export const CHARTS = {
  loss: { title: "Losses", hint: "what each network tries to make small" },
  score: { title: "Scores", hint: "D's score for real images x and for fakes G(z)" },
  distance: { title: "Distance", hint: "fakes of the same z compared with the training images; lower is better" },
  gradient: { title: "Gradients", hint: "the length of each network's gradient: how hard its loss pulls at its weights" },
  known: { title: "Known by heart", hint: "D's score for images that it learns from and for others, none of them augmented" },
  labels: { title: "Labels alone", hint: "D's score for the same images with labels of real ones and with labels of fakes" },
  augment: { title: "Augmentation", hint: "how sure D is of the images it knows, and how much what it sees is therefore changed" },
  speed: { title: "Speed" },
};
const HIDDEN = ["time"];
/** @type {Record<string, string>} */
const SCORES = { real: "D(x)", fake: "D(G(z))" };
/** @type {Record<string, string>} */
const KNOWN = { trained: "images it learns from", held_out: "held-out images" };
/** @type {Record<string, string>} */
const AUGMENT = { strength: "strength", overfitting: "sureness of D" };
/** @type {Record<string, string>} */
const LABELS = { of_real: "of real images", of_fake: "of fakes" };
/** @param {string} text */
const plain = (text) => text.replaceAll("_", " ");

/**
 * "loss/G/adversarial" -> "loss".
 *
 * @param {string} name
 */
export const groupOf = (name) => name.split("/")[0];

/**
 * The groups of these metrics that have a chart, losses and scores first.
 *
 * @param {string[]} names
 */
export function groupsOf(names) {
  const found = new Set(names.map(groupOf).filter((group) => !HIDDEN.includes(group)));
  return [...new Set(["loss", "score", "distance", ...[...found].sort()])].filter((group) => found.has(group));
}

/**
 * The network of a loss or a gradient: "loss/G_AB/cycle" -> "G_AB".
 *
 * @param {string} name
 */
export const networkOf = (name) => name.split("/")[1];

/**
 * What the legend calls a metric among its chart's `names`.
 *
 * @param {string} name
 * @param {string[]} names
 */
export function label(name, names, short = false) {
  const [group, first, ...rest] = name.split("/");
  if (group === "loss") {
    const alone = names.filter((other) => groupOf(other) === group && networkOf(other) === first).length === 1;
    const network = short || first.length > 1 ? first : first === "G" ? "Generator" : "Discriminator";
    return alone ? network : `${network} ${plain(rest.join(" "))}`;
  }
  if (group === "score" && SCORES[first] && !rest.length) return short ? SCORES[first] : `${SCORES[first]} ${first}`;
  if (group === "labels" && LABELS[first]) return LABELS[first];
  if (group === "known" && KNOWN[first]) return KNOWN[first];
  if (group === "augment" && AUGMENT[first]) return AUGMENT[first];
  if (group === "distance") return names.filter((other) => groupOf(other) === group).length > 1 ? `fakes, ${reader(first)}` : "fakes";
  return plain([first ?? group, ...rest].join(" "));
}

/**
 * Whose features a distance is read in.
 *
 * @param {string} features
 */
const reader = (features) => (features === "inception" ? "FID" : features.startsWith("lenet-") ? "by a classifier" : "by a network");

/**
 * The title of a chart; `noun` is what the images show.
 *
 * @param {string} group
 * @param {string} noun
 */
export const chartTitle = (group, noun) => (group === "distance" ? distanceTitle(noun) : (CHARTS[group]?.title ?? plain(group)));
/** @param {string} noun */
const distanceTitle = (noun) => `Distance to real ${noun}`;

/** @type {Record<string, string>} */
const KINDS = { loss: "Loss of ", gradient: "Length of the gradient of ", labels: "D's score with labels ", known: "D's score for ", augment: "Augmentation: ", speed: "" };

/**
 * What a table, where no chart's title stands over it, calls a metric among its `names`.
 *
 * @param {string} name
 * @param {string[]} names
 */
export function fullLabel(name, names, noun = "images") {
  if (groupOf(name) === "distance") return [distanceTitle(noun), ...label(name, names).split(", ").slice(1)].join(", ");
  const kind = KINDS[groupOf(name)] ?? "";
  const text = label(name, names, true);
  return (kind || text[0].toUpperCase()) + text.slice(kind ? 0 : 1);
}

/**
 * Networks in the order G.., D..; terms as they come; what is real before what is fake.
 *
 * @param {Iterable<string>} names
 */
export function ordered(names) {
  /** @param {string} name */
  const ofNetwork = (name) => ["loss", "gradient"].includes(groupOf(name));
  /** @param {string} name */
  const rank = (name) => (ofNetwork(name) ? `${networkOf(name)[0] === "G" ? 0 : 1}${name}` : name.endsWith("real") ? "0" : name);
  return [...names].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
