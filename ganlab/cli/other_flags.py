"""Flags that a verb does not have: what a person who types one is likely to mean by it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ganlab.core.other_names import nearest, plain

# Each argument of ours that is no setting, and what other projects call it.
_ELSEWHERE = {
    "output": "out outdir out_dir outf output_dir output_path save save_dir save_path savepath dest to result results"
    " results_dir filename file",
    "out": "output outdir out_dir output_dir save_dir to",
    "to": "output out outdir out_dir output_dir save_dir",
    "n": "num count number num_images n_images n_samples samples num_samples nimages amount batch_size batch",
    "label": "class cls classes category y digit target_class class_idx",
    "metrics": "metric fid kid",
    "reference": "ref real real_dir gt dataset data target truth stats",
    "steps": "epochs iterations",
    "epochs": "epoch steps num_epochs n_epochs",
    "resume": "continue continue_train resume_from restart",
    "recipe": "preset template",
    "config": "cfg yaml toml opts options settings config_file params hparams",
    "save_config": "print_config dump_config write_config",
    "log_to": "logger log tracker track report_to use_wandb wandb tensorboard tb trackio",
    "host": "address listen bind ip server_name server_address",
    "allow_host": "allowed_hosts allow_hosts trusted_hosts",
    "budget": "time max_time hours minutes duration",
    "direction": "which_direction a2b b2a mode",
    "port": "server_port p",
    "public": "private visibility",
    "json": "format",
    "model": "checkpoint checkpoints_dir ckpt weights run name path netg generator load network pkl pretrained",
    "subjects": "model models checkpoint ckpt weights run fake fake_dir generated path input images",
    "images": "input image img source src photo photos dataroot data path folder file",
    "run": "model name id checkpoint experiment",
    "runs": "run model models experiments",
    "dataset": "data dataroot data_set dataset_name data_name data_dir path input",
    "folder": "output out path dir",
    "teacher": "model checkpoint weights",
}
_NOTES = {
    "the images are held in memory and no processes load them: leave it out": "num_workers workers n_cpu num_threads nthreads j"
    " pin_memory threads loader_workers",
    "a run is kept in the folder of runs, which the environment variable GANLAB_RUNS names": "output out outdir out_dir outf"
    " output_dir save_dir log_dir logdir checkpoint_dir checkpoints_dir results_dir run_dir save_path",
    "a run is named by its time, family and data set": "name exp_name experiment run_name exp tag project",
}
_OF_SERVER = ("base_url_path", "baseurlpath")
_NOTE = {name: note for note, names in _NOTES.items() for name in names.split()}
_EPOCHS = "; an epoch is the number of images divided by --batch-size"


def flag_of(action: argparse.Action) -> str:
    """The long way to write a flag: `--seed`, and of `--flip/--no-flip` the first."""
    return next((name for name in action.option_strings if name.startswith("--")), action.option_strings[-1])


def unknown_flag(flag: str, prog: str, arguments: Sequence[argparse.Action]) -> str:
    """Return one sentence: the verb `prog` has no such flag, and which of its arguments is meant, where one is."""
    name = plain(flag)
    by_name = {plain(word): action for action in arguments for word in action.option_strings or [action.dest]}
    meant = next((ours for ours in by_name if name in _ELSEWHERE.get(ours, "").split()), "")
    if prog.endswith(" app") and (flag.startswith("--server.") or name in _OF_SERVER):
        return f"`{prog}` has no {flag}: options of the server stand behind --, as in `{prog} -- --server.baseUrlPath lab`."
    if prog.endswith(" train") and name in _NOTE and meant not in ("recipe",):
        return f"`{prog}` has no {flag}: {_NOTE[name]}."
    action = by_name.get(meant or nearest(name, by_name))
    if action is None:
        note = _NOTE.get(name)
        return f"`{prog}` has no {flag}{f': {note}' if note else f'; `{prog} --help` lists what it has'}."
    if not action.option_strings:
        shown = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
        return f"`{prog}` has no {flag}: write {shown} without a flag, as in `{prog} {shown}`."
    ours = flag_of(action)
    about = (action.help or "").split(" (")[0].split(";")[0].replace("%%", "%")
    more = _EPOCHS if "epoch" in name and ours == "--steps" else ""
    return f"`{prog}` has no {flag}; use {ours} ({about}{more})."
