"""Which recipe makes the most of a given amount of training on real questions? Each change of the preset `laptop` alone.

usage: SQUAD_DIR=folder python benchmarks/laptop_recipes.py RESULT.json [NAME...]

Every training reads as many tokens as 12,000 random questions of SQuAD v1.1 have (one pass), so all cost about the same; all models are
scored on the same 2,000 random validation questions. A finished row of RESULT.json is not made again.
"""
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch

from squad_tutorial import finetuning
from squad_tutorial.data import load_split
from squad_tutorial.evaluation import evaluate_predictions
from squad_tutorial.finetuning import PRESETS, finetune, sample
from squad_tutorial.model import load_model
from squad_tutorial.prediction import predict
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import write_json

BASE = replace(PRESETS["laptop"], learning_rate=2e-4, head_factor=1.0, eval_steps=10**6, eval_examples=100)
QUESTIONS = 12_000


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
    "laptop as it was": {},
    "learning rate 1e-4": {"learning_rate": 1e-4},
    "learning rate 3e-4": {"learning_rate": 3e-4},
    "learning rate 5e-4": {"learning_rate": 5e-4},
    "head 10 times faster": {"head_factor": 10.0},
    "batch 16, rate 3e-4": {"batch_size": 16, "learning_rate": 3e-4},
    "batch 4": {"batch_size": 4},
    "warm-up 2 %": {"warmup": 0.02},
    "half the questions, two passes": {"questions": "half", "epochs": 2.0},
    "questions with the shortest windows": {"questions": "short"},
    "one question per paragraph": {"questions": "paragraphs"},
    "rates by layer, 0.8": {"optimizer": layerwise, "learning_rate": 3e-4},
    "word embeddings frozen": {"optimizer": frozen_embeddings},
    "dropout 0.1": {"dropout": 0.1},
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
    "Train with `changes` and score: a row of the result."
    changes = dict(changes)
    how, finetuning.make_optimizer = changes.pop("questions", "random"), changes.pop("optimizer", MAKE_OPTIMIZER)
    recipe = replace(BASE, **changes)
    tokens = int(sum(lengths) / len(lengths) * QUESTIONS)
    model, tokenizer = load_model(recipe.model, dropout=recipe.dropout, seed=recipe.seed)
    chosen = choose(train, lengths, how, tokens, recipe.seed)
    windows = [prepare_features(d, tokenizer, recipe.max_length, recipe.stride) for d in (chosen, validation)]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        model, _ = finetune(model, tokenizer, *windows, recipe, folder)
    seconds = time.perf_counter() - started
    table = predict(model, tokenizer, validation, features=windows[1])
    scores = evaluate_predictions(table, validation)
    return {"questions": len(chosen), "seed": recipe.seed, "seconds": round(seconds), "f1": scores["f1"], "exact_match": scores["exact_match"]}


def main(result, *names):
    squad = Path(os.environ["SQUAD_DIR"])
    train, validation = load_split(squad / "train-v1.1.json.gz", "train"), sample(load_split(squad / "dev-v1.1.json.gz", "validation"), 2_000, 0)
    tokenizer = load_model()[1]
    lengths = [min(len(ids), BASE.max_length) for ids in tokenizer(train["question"][:], train["context"][:])["input_ids"]]
    rows = json.loads(Path(result).read_text()) if os.path.exists(result) else []
    for name in names or VARIANTS:
        if name not in [row["recipe"] for row in rows]:
            rows.append({"recipe": name} | measure(VARIANTS[name], train, lengths, validation))
            print(rows[-1], flush=True)
            write_json(Path(result), rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
