"""What do questions without an answer teach? Preset `pocket` with the packaged ones and shares of paired ones.

usage: python benchmarks/no_answer.py RESULT.json

For each training: F1 on the packaged validation questions when every question is answered, and how often the null odds of a question
without an answer are larger than those of one with (0.5 is chance), for the 108 written ones and for 140 paired ones. The best checkpoint
is chosen by the loss on `pocket-v2`'s validation questions. A finished training is taken from the cache (`finetuned`).
"""
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from squad_tutorial.data import load_split
from squad_tutorial.finetuning import PRESETS, finetuned
from squad_tutorial.model import load_model
from squad_tutorial.no_answer import evaluate_v2, separation, with_negatives
from squad_tutorial.prediction import predict
from squad_tutorial.tutorial import environment, write_json

TRAININGS = [("pocket", 0.0), ("pocket-v2", 0.0), ("pocket-v2", 0.1), ("pocket-v2", 0.5)]


def measure(train, share):
    checkpoint = finetuned(replace(PRESETS["pocket"], train=train, validation="pocket-v2", negatives=share))
    row = {"train": train, "negatives": share}
    for name, dataset in {"written": load_split("pocket-v2", "validation"), "paired": with_negatives(load_split("pocket", "validation"), 0.5, seed=0)}.items():
        table = predict(*load_model(checkpoint), dataset)
        row |= {"F1, with an answer": evaluate_v2(table, dataset, threshold=np.inf)["HasAns_f1"], name: separation(table["null_odds"], dataset)}
    return row


def main(result):
    rows = []
    for training in TRAININGS:
        rows.append(measure(*training))
        print(rows[-1], flush=True)
        write_json(Path(result), environment() | {"rows": rows})


if __name__ == "__main__":
    main(*sys.argv[1:])
