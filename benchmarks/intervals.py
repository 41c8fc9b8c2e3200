"""How wide are the intervals of exact match and F1 for 100, 1,000 and 10,000 questions?

usage: python benchmarks/intervals.py RUN_DIR VALIDATION_FILE RESULT.json

Takes the predictions of a finished run on that file (SQuAD v1.1's validation questions). For each number, 20 random choices of so many
questions; the intervals are drawn by paragraph, as `evaluate_predictions` does.
"""
import json
import sys
from pathlib import Path

import numpy as np

from squad_tutorial.data import load_split
from squad_tutorial.evaluation import interval, question_scores
from squad_tutorial.tutorial import write_json


def width(values, contexts):
    low, high = interval(values, contexts)
    return high - low


def main(run, file, result):
    dataset = load_split(file, "validation")
    contexts = np.array(dataset["context"][:])
    scores = 100 * question_scores(json.loads(Path(run, "predictions", "finetuned.json").read_text(encoding="utf-8")), dataset)
    rng, rows = np.random.default_rng(0), []
    for n in (100, 1_000, 10_000):
        draws = [rng.choice(len(dataset), n, replace=False) for _ in range(20)]
        widths = {name: np.mean([width(scores[name].to_numpy()[chosen], contexts[chosen]) for chosen in draws]) for name in scores}
        rows.append({"questions": n, "paragraphs": round(np.mean([len(set(contexts[chosen])) for chosen in draws]))} | {f"width, {name}": round(float(w), 2) for name, w in widths.items()})
        print(rows[-1])
    write_json(Path(result), {"n": len(dataset), "means": scores.mean().round(2).to_dict(), "rows": rows})


if __name__ == "__main__":
    main(*sys.argv[1:])
