"""What the settings of a run are called on every screen."""

from __future__ import annotations

# Names that read better on a screen; every other setting reads as its name.
TITLES = {
    "lr": "Learning rate",
    "d_lr_ratio": "D's rate / G's rate",
    "lr_decay": "Rate decay",
    "betas": "Adam's betas",
    "d_steps": "D steps per step",
    "d_loss": "D's loss",
    "z_dim": "Size of z",
    "ema_decay": "Averaging (EMA)",
    "augment": "Augmentation",
    "held_out": "Held-out images",
    "r1_weight": "R1 weight",
    "gp_weight": "Gradient penalty",
    "penalty_weight": "Gradient penalties",
    "nce_weight": "PatchNCE weight",
    "nce_identity": "PatchNCE of the target too",
    "nce_width": "PatchNCE width",
    "nce_temperature": "PatchNCE temperature",
    "flip_equivariance": "Mirrored alike",
    "sample_every": "Sheet every … steps",
    "log_every": "Log every … steps",
    "checkpoint_every": "Checkpoint every … steps",
    "keep_checkpoints": "Keep … checkpoints",
    "fid_every": "Distance every … steps",
    "samples": "Pictures on a sheet",
    "flip": "Mirror half of the images",
    "jitter": "Random crops",
    "start_from": "Start from a model",
    "keep": "Keep one generator",
    "l1_weight": "L1 weight",
    "d_width": "Width of D",
    "test_size": "Size of test images",
}


def setting_title(name: str) -> str:
    """ "Learning rate" for lr, "Batch size" for batch_size."""
    return TITLES.get(name, name.replace("_", " ").capitalize())
