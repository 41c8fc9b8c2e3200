"""Which recipe makes the most of a given amount of training on real questions? Each change of the preset `laptop` alone.

usage: SQUAD_DIR=folder python benchmarks/laptop_recipes.py RUNS.json [NAME...]

Every training reads as many tokens as 12,000 random questions of SQuAD v1.1 have (one pass); all models answer
the same 2,000 random validation questions. RUNS.json holds the answers; a finished run is not made again. Scores, and the gains in F1
over the first run with their intervals, go to benchmarks/results/laptop_recipes.json.
"""
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch

from squad_tutorial import finetuning
from squad_tutorial.data import load_split
from squad_tutorial.evaluation import answer_texts, compare, evaluate_predictions
from squad_tutorial.finetuning import PRESETS, finetune, sample
from squad_tutorial.model import load_model
from squad_tutorial.prediction import predict
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import environment, write_json

BASE = replace(PRESETS["laptop"], eval_steps=10**6, eval_examples=100)
QUESTIONS = 12_000
RESULT = Path(__file__).with_name("results") / "laptop_recipes.json"


def layerwise(model, recipe, decay=0.8):
    "The optimiser of `make_optimizer` with rates that fall by `decay` per layer, from the head down to the embeddings."
    layers = model.config.num_hidden_layers
    groups = []
    for name, parameter in model.named_parameters():
        depth = int(name.split(".layer.")[1].split(".")[0]) + 1 if ".layer." in name else 0 if "embeddings" in name else layers + 1
        rate = recipe.learning_rate * decay ** (layers + 1 - depth)
        groups.append({"params": [parameter], "lr": rate, "weight_decay": recipe.weight_decay if parameter.ndim > 1 else 0.0})
    return torch.optim.AdamW(groups, fused=True)


def frozen_embeddings(model, recipe):
    "The optimiser of `make_optimizer` for a model whose word embeddings stay as they are."
    model.get_input_embeddings().weight.requires_grad = False
    return MAKE_OPTIMIZER(model, recipe)


MAKE_OPTIMIZER = finetuning.make_optimizer
VARIANTS = {  # name -> changes of the recipe; "optimizer" and "questions" are no settings of it
    "12,000 random questions": {},
    "learning rate 1e-4": {"learning_rate": 1e-4},
    "learning rate 3e-4": {"learning_rate": 3e-4},
    "rates by layer, 3e-4 at the top": {"optimizer": layerwise, "learning_rate": 3e-4},
    "head 10 times faster": {"head_factor": 10.0},
    "warm-up 2 %": {"warmup": 0.02},
    "batch 16, rate 3e-4": {"batch_size": 16, "learning_rate": 3e-4},
    "half the questions, two passes": {"questions": "half", "epochs": 2.0},
    "one question per paragraph": {"questions": "paragraphs"},
    "questions with the shortest windows": {"questions": "short"},
    "word embeddings frozen": {"optimizer": frozen_embeddings},
}


def choose(dataset, lengths, how, tokens, seed):
    """Random questions whose windows have `tokens` tokens in all.

    how: "random"; "half": half as many (for two passes); "short": only windows up to the median length; "paragraphs": a question of every
    paragraph before the second of any.
    """
    table = pd.DataFrame({"context": dataset["context"][:], "length": lengths}).sample(frac=1, random_state=seed)
    if how == "short":
        table = table[table["length"] <= table["length"].median()]
    if how == "paragraphs":
        table = table.assign(turn=table.groupby("context").cumcount()).sort_values("turn", kind="stable")
    return dataset.select(table.index[table["length"].cumsum() <= (tokens // 2 if how == "half" else tokens)])


def measure(changes, train, lengths, validation):
    "Train with `changes` and answer the validation questions."
    changes = dict(changes)
    how, finetuning.make_optimizer = changes.pop("questions", "random"), changes.pop("optimizer", MAKE_OPTIMIZER)
    recipe = replace(BASE, **changes)
    tokens = int(sum(lengths) / len(lengths) * QUESTIONS)
    model, tokenizer = load_model(recipe.model, dropout=recipe.dropout, seed=recipe.seed)
    chosen = choose(train, lengths, how, tokens, recipe.seed)
    windows = [prepare_features(d, tokenizer, recipe.max_length, recipe.stride) for d in (chosen, validation)]
    with tempfile.TemporaryDirectory() as folder:
        model, _ = finetune(model, tokenizer, *windows, recipe, folder)
    answers = answer_texts(predict(model, tokenizer, validation, features=windows[1]))
    return {"questions": len(chosen), "seed": recipe.seed, "answers": answers}


def summary(runs, validation):
    "A row per run: its scores and its gain in F1 over the first run, with a 95 % interval by paragraph."
    rows, first = [], next(iter(runs.values()))
    for name, run in runs.items():
        scores = evaluate_predictions(run["answers"], validation)
        gain = compare(run["answers"], first["answers"], validation).loc["f1", ["gain", "low", "high"]]
        rows.append({"recipe": name, "questions": run["questions"], "seed": run["seed"], "exact_match": scores["exact_match"], "f1": scores["f1"]} | gain.to_dict())
    return rows


def main(path, *names):
    squad = Path(os.environ["SQUAD_DIR"])
    train, validation = load_split(squad / "train-v1.1.json.gz", "train"), sample(load_split(squad / "dev-v1.1.json.gz", "validation"), 2_000, 0)
    tokenizer = load_model()[1]
    lengths = [min(len(ids), BASE.max_length) for ids in tokenizer(train["question"][:], train["context"][:])["input_ids"]]
    runs = json.loads(Path(path).read_text()) if os.path.exists(path) else {}
    for name in [next(iter(VARIANTS)), *(names or VARIANTS)]:  # all are compared with the first
        if name not in runs:
            runs[name] = measure(VARIANTS[name], train, lengths, validation)
            write_json(Path(path), runs)
    write_json(RESULT, {"runs": summary({name: runs[name] for name in VARIANTS if name in runs}, validation)} | environment())


if __name__ == "__main__":
    main(*sys.argv[1:])
