"""The doctor's sentences, made from the kind and the numbers of a finding: for the pages, the live view and the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ganlab.analysis.doctor import Finding, examine
from ganlab.analysis.doctor.record import LEAST_STEPS
from ganlab.runtime.run import Run
from ganlab.runtime.status import BROKEN_OFF, Status

_DIVERGES = (
    "Each network pushes the other further and further, and the weights leave the range in which they mean anything; images "
    "drawn after that are worthless. Fork from a checkpoint from before it began, with a lower learning rate."
)
_COLLAPSES = (
    "It has found a few images that pass and draws those again and again; D sees one image at a time and cannot tell that "
    "they are all the same. Fork from before it began, with a lower learning rate for G and a D that keeps up."
)

# The kind of a finding, or one of its variants: title and explanation. {value} is the first number and {metric} its name.
_SENTENCES = {
    "divergence": ("Divergence", f"A loss stopped being a number. {_DIVERGES}"),
    "divergence/grown": ("Divergence", f"{{metric}} has grown to {{value:,.4g}}. {_DIVERGES}"),
    "dead": (
        "Dead output",
        "G's images are empty: their pixels differ by {contrast:.1%} of the range. The usual causes are steps that are too large "
        "and a G that does not learn at all.",
    ),
    "dead/stuck": (
        "Dead output",
        "G's images are empty: their pixels differ by {contrast:.1%} of the range. Its units are all off or saturated, no "
        "gradient passes through them (the measured one is next to nothing), and G will not recover by itself. The usual cause "
        "is a learning rate that is too high.",
    ),
    "dead/pale": (
        "Empty images",
        "G's images are empty: their pixels differ by {contrast:.1%} of the range. A gradient does reach G (its length is "
        "{gradient:.3g}), so G may still recover. The usual causes are steps that are too small or too large for it.",
    ),
    "repeated-data": (
        "The training images are all the same",
        "The {examined:,.0f} training images that were examined are one and the same picture. There is nothing else to "
        "generate: whatever z is, G learns to draw that picture. The data needs many different images.",
    ),
    "memorisation": (
        "The training images are memorised",
        "{copies:.0%} of the images on the sheet are copies: each is nearer to one of the {training_images:,.0f} training "
        "images than two of those usually are to each other. With so few images D knows each of them, and repeating them is "
        "the only way to pass. More images help; mirrored ones (flip) count as more where left and right do not matter.",
    ),
    "overfitting": (
        "D knows the training images by heart",
        "D scores real images that it does not learn from {like_fakes:.0%} of the way from the training images towards fakes "
        "({score_held_out:.3g} against {score_trained:.3g}): it knows each training image instead of what they have in common, "
        "and whatever is not a copy is found out. Augmentation (augment) shows D each image in ever new ways, so that it "
        "learns less by heart; more images help most.",
    ),
    "overfitting/augmented": (
        "D knows the training images by heart",
        "D scores real images that it does not learn from {like_fakes:.0%} of the way from the training images towards fakes "
        "({score_held_out:.3g} against {score_trained:.3g}), although what it sees is augmented. More images help most; a "
        "smaller D or R1 (r1_weight) can learn less by heart; and stopping where the pictures were best costs nothing.",
    ),
    "few-images": (
        "Too few training images",
        "D has seen each of the {training_images:,.0f} training images about {passes:,.0f} times and knows them by heart: its "
        "scores of real and fake images are {separation:.0%} of the full range apart. Whatever is not a copy is found out, so D "
        "does not show G how to improve. More images help most; with augmentation (augment) D learns less by heart, and mirrored "
        "images (flip) count as more where left and right do not matter.",
    ),
    "collapse": (
        "Mode collapse",
        f"G ignores z: the images of a sheet differ by only {{value:.0%}} of what real images would suggest. {_COLLAPSES}",
    ),
    "collapse/alone": (
        "Mode collapse",
        f"G ignores z: the images of a sheet differ by only {{value:.0%}} of what their own contrast would suggest. {_COLLAPSES}",
    ),
    "collapse/model": (
        "Mode collapse",
        "G hardly heeds what it is given: only {variety:.0%} of the differences between its images come of z, or of the photo.",
    ),
    "labels-ignored": (
        "The labels are ignored",
        "Each column of the sheet was drawn for one label, yet images of one column differ as much as images of different "
        "columns ({chance:.0%} of sheets shuffled at random look as well sorted). Usually the data's labels are wrong: check "
        "that each image lies in the folder of its class. No setting helps G to learn labels that carry no information.",
    ),
    "labels-ignored/data": (
        "The labels carry no information",
        "The training images of one label are no more alike than images of different labels: with their labels shuffled at "
        "random, {chance:.0%} of the shuffles sort them as well. Check that each image lies in the folder of its class. No "
        "setting helps G to learn labels that carry no information.",
    ),
    "label-leak": (
        "The labels give the fakes away",
        "D tells real from fake by the label: it scores the same images higher with labels of real ones than with the labels "
        "that fakes are drawn for, and that makes {label_share:.0%} of the difference between its scores of real and fake. "
        "What D learns from labels does not teach G. No setting helps: draw fakes with the labels of the real images of the "
        "batch, in the same shares and with the same numbers; look for classes that have hardly any images.",
    ),
    "labels-in-pictures": (
        "The label is written into the training images",
        "{label_pixels:,.0f} of the training images' pixels ({label_pixels_share:.0%} of those that vary) depend on little but "
        "the label: a caption, a frame, a watermark or a colour that stands for the class. D and G can agree on the label by "
        "those alone, and every image that G draws will carry them. Crop or paint over what marks the class, and train anew.",
    ),
    "rate": (
        "The learning rate is too high",
        "The learning rate is {lr_ratio:,.0f} times the one that this family's paper found to work, and the losses show it: "
        "each step overshoots, and the other network has to start again. Use a learning rate near the family's own.",
    ),
    "d-wins": (
        "D wins",
        "D is right about nearly every image: its scores of real and fake images are {separation:.0%} of the full range apart, "
        "and its loss is {d_loss:.1%} of what guessing costs. A discriminator that is always sure gives G no useful gradient, "
        "so G stops learning. Give D fewer steps or a lower learning rate than G.",
    ),
    "g-wins": (
        "G wins",
        "D cannot keep up: it scores fakes as high as real images, and its loss is {d_loss:.0%} of what guessing costs. G then "
        "learns to satisfy a discriminator that sees no difference, and its images drift. Give D a higher learning rate than "
        "G, or more steps.",
    ),
    "oscillation": (
        "G and D go in circles",
        "The scores swing back and forth, once in about {period:,.0f} steps: D learns what gives G's images away, G moves to "
        "others, and D forgets the first. Both keep working and nothing improves. A fork cannot change the momentum, but a "
        "lower learning rate that falls to zero lets the swings die out.",
    ),
    "stalled-input": (
        "The input has stalled",
        "{waiting:.0%} of the time the networks only wait for images: the disk or the network that holds them is slow, or "
        "another program is using it. Only time is lost. Copy the images to this machine's own disk, or choose a smaller "
        "image_size so that they fit into memory.",
    ),
}

# What an evidence number measures; one that is missing here has the name of a metric.
_LABELS = {
    "contrast": "contrast",
    "real_contrast": "contrast of real images",
    "gradient": "length of G's gradient",
    "passes": "times that D saw each image",
    "real_diversity": "differences between real images",
    "examined": "images examined",
    "copies": "share of copies",
    "nearest_real": "to the nearest / between real ones",
    "training_images": "training images",
    "diversity": "differences / real ones",
    "diversity_in_class": "differences within a class / real ones",
    "nearest_two": "nearest two / real ones",
    "diversity_of_contrast": "differences / contrast",
    "variety": "differences that come of z / all",
    "within_label": "differences within a label / in all",
    "chance": "as different by chance",
    "label_share": "apart by label alone / by picture and label",
    "label_apart": "apart by label alone",
    "label_pixels": "pixels that show the label",
    "label_pixels_share": "of those that vary",
    "lr_ratio": "rate / the family's own",
    "leaps": "leaps of D's loss",
    "g_loss": "G's loss / guessing",
    "like_fakes": "held-out images: like known ones 0, like fakes 1",
    "score_trained": "D's score of training images",
    "score_held_out": "D's score of held-out images",
    "separation": "how sure D is, 0 to 1",
    "d_loss": "D's loss / guessing",
    "swing": "swing of the scores",
    "period": "steps of a turn",
    "regularity": "regularity",
    "waiting": "share of time waiting",
    "speed": "images / s now",
    "best_speed": "images / s at its best",
}


def worded(finding: Finding) -> dict[str, Any]:
    """The finding as JSON values, with its `title`, its `explanation` and the `labels` of its numbers."""
    numbers = finding.evidence.numbers
    title, explanation = _SENTENCES[_variant(finding)]
    metric, value = next(iter(numbers.items()), ("", 0.0))
    return finding.to_dict() | {
        "title": title,
        "explanation": explanation.format_map({**numbers, "metric": metric, "value": value}),
        "labels": {name: _LABELS.get(name, name) for name in numbers},
    }


def titles(found: Iterable[Finding]) -> str:
    """The titles of findings in one line, each once."""
    return ", ".join(dict.fromkeys(_SENTENCES[_variant(finding)][0] for finding in found))


def _variant(finding: Finding) -> str:
    """The key of the finding's sentences: its kind, in one of the variants that its numbers tell apart."""
    kind, numbers = finding.kind, finding.evidence.numbers
    if kind == "divergence" and numbers:
        return "divergence/grown"
    if kind == "dead" and "gradient" in numbers:
        return "dead/pale" if numbers["gradient"] else "dead/stuck"
    if kind == "collapse" and "diversity_of_contrast" in numbers:
        return "collapse/alone"
    if kind == "collapse" and "variety" in numbers:
        return "collapse/model"
    if kind == "overfitting" and not finding.fix:
        return "overfitting/augmented"
    if kind == "labels-ignored" and "within_label" not in numbers:
        return "labels-ignored/data"
    return kind


def all_clear(status: Status) -> str:
    """The sentence about a run without findings; why a failed or lost one ended is its `status_text`."""
    if status.step < LEAST_STEPS:
        return "It is too early to say much: every GAN is out of balance at first."
    if status.state in BROKEN_OFF:
        return "Up to there nothing in the curves or the pictures looks wrong."
    return "Healthy so far: nothing in the curves or the pictures looks wrong."


def diagnosis(run: Run) -> dict[str, Any]:
    """What the live view shows: the worded `findings`, and the sentence for where there are none."""
    return {"findings": [worded(finding) for finding in examine(run)], "all_clear": all_clear(run.status())}
