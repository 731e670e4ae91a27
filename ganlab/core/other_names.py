"""What other projects call our settings: the word that a person who comes from them types finds its setting."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

# Each setting, and the names that it has elsewhere.
_ELSEWHERE: dict[str, str] = {
    "steps": "epochs epoch n_epochs num_epochs max_epochs max_epoch nepochs niter n_iter iterations iters num_iters"
    " max_iter max_iters total_iters max_steps num_steps total_steps train_steps kimg",
    "lr": "learning_rate lr_g g_lr lrg lr_generator base_lr",
    "d_lr_ratio": "lr_d d_lr lrd lr_discriminator ttur",
    "lr_decay": "decay lr_policy lr_schedule decay_epoch niter_decay n_epochs_decay",
    "batch_size": "batch bs batchsize batch_sz minibatch mini_batch",
    "image_size": "size img_size imsize imagesize resolution res img_dim crop_size load_size image_width",
    "z_dim": "nz latent_dim latent latent_size z zdim noise_dim noise_size dim_z nl",
    "width": "ngf ndf nf nfeat features base_channels g_conv_dim d_conv_dim capacity hidden_dim hidden_size",
    "channels": "nc num_channels n_channels img_channels in_channels input_nc output_nc",
    "betas": "beta1 beta2 b1 b2 beta adam_betas",
    "d_steps": "n_critic ncritic critic_iters critic_steps d_iters n_dis k",
    "gp_weight": "lambda_gp gp lambda_gradient_penalty gp_lambda",
    "r1_weight": "r1 r1_gamma gamma r1_reg lambda_r1",
    "augment": "aug diffaug diff_augment diffaugment ada diffaug_policy aug_policy augmentation",
    "l1_weight": "lambda_l1 l1 lambda_pixel",
    "cycle_weight": "lambda_a lambda_b lambda_cyc lambda_cycle",
    "identity_weight": "lambda_identity lambda_id lambda_idt",
    "ema_decay": "ema ema_beta ema_kimg moving_average",
    "architecture": "arch netg netd net network g_arch d_arch backbone model_type",
    "family": "model gan gan_type method algorithm",
    "start_from": "pretrained checkpoint ckpt weights init_from init finetune fine_tune load load_weights load_model resume_pkl",
    "dataset": "data dataroot dataset_name data_name data_set",
    "data_path": "data_dir datadir data_root root train_dir image_dir images folder",
    "seed": "manual_seed manualseed random_seed random_state rng_seed",
    "device": "gpu gpus gpu_id gpu_ids cuda use_cuda no_cuda cpu cpu_only accelerator ngpu",
    "precision": "amp fp16 half bf16 mixed_precision use_amp dtype",
    "flip": "hflip mirror horizontal_flip random_flip",
    "log_every": "log_interval log_freq print_freq print_every display_step log_step",
    "sample_every": "sample_interval sample_freq sample_step save_image_every display_freq",
    "checkpoint_every": "save_every save_interval save_freq save_epoch_freq checkpoint_interval snap snapshot_interval",
    "fid_every": "fid eval_every eval_interval metrics_every fid_interval",
    "samples": "num_samples n_samples sample_size",
    # And arguments of calls:
    "n": "num count number n_images num_images num_samples n_samples batch_size sample_size amount k",
    "label": "labels class_id class_ids classes y target class_label",
    "truncation": "trunc truncation_psi psi temperature",
    "metrics": "metric",
    "reference": "real real_path against references",
    "report": "callback progress",
    "seconds": "timeout",
    "split": "train test part subset",
}
_NAMES = {ours: frozenset(names.split()) for ours, names in _ELSEWHERE.items()}


def plain(name: str) -> str:
    """A flag or a keyword as these tables have it: `--Learning-Rate` is learning_rate."""
    return name.lstrip("-").replace("-", "_").lower()


def perhaps(name: str, known: Collection[str]) -> str:
    """A sentence, behind a space, on the one of `known` that is meant; "" where none is near."""
    return f" Perhaps {near!r} is meant." if (near := nearest(name, known)) else ""


def nearest(name: str, known: Collection[str]) -> str:
    """Return the one of `known` that `name` stands for elsewhere, or is written like; "" for none."""
    name = plain(name)
    if name in known:
        return name
    if meant := next((ours for ours, elsewhere in _NAMES.items() if name in elsewhere and ours in known), ""):
        return meant
    if name in _ELSEWHERE:  # a setting of ours, of another family: what is only written like it means something else
        return ""
    return next(iter(get_close_matches(name, known, 1, 0.75)), "")
