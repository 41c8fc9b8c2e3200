"""Side by side: exact match and F1 of 10,570 answers by `question_scores` and by torchmetrics, whose function is SQuAD's official script.

usage: SQUAD_DIR=folder python benchmarks/metrics.py RESULT.json

The answers are made by rule, so that right, nearly right and wrong ones occur: the first gold answer with a few characters before it, cut after
twenty. The time of `evaluate_predictions`, which adds the intervals, and of the command's `--help` and of what they import are taken as well.
"""
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from torchmetrics.functional.text import squad

from squad_tutorial.data import load_split
from squad_tutorial.evaluation import evaluate_predictions, question_scores
from squad_tutorial.tutorial import environment, write_json

ROUNDS = 5


def timed(function):
    began = time.perf_counter()
    result = function()
    return time.perf_counter() - began, result


def python(*arguments):
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def differing(scores, official, references):
    "Number of questions for which the two functions do not agree (torchmetrics computes in float32)."
    theirs = [squad([answer], [reference]) for answer, reference in zip(official, references)]
    pairs = zip(theirs, (100 * scores).itertuples(index=False))
    return sum(abs(float(a[name]) - getattr(b, name)) > 1e-3 for a, b in pairs for name in ("exact_match", "f1"))


def main(result):
    dataset = load_split(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"), "validation")
    references = [{"id": row["id"], "answers": row["answers"]} for row in dataset]
    answers = {row["id"]: row["context"][max(0, row["answers"]["answer_start"][0] - number % 7) :][:20] for number, row in enumerate(dataset)}
    official = [{"id": name, "prediction_text": text} for name, text in answers.items()]
    work = {
        "torchmetrics": lambda: {name: float(value) for name, value in squad(official, references).items()},
        "question_scores": lambda: (100 * question_scores(answers, references).mean()).to_dict(),
        "evaluate_predictions": lambda: evaluate_predictions(answers, dataset),
        "squad-tutorial --help": lambda: python("-m", "squad_tutorial", "--help"),
        "import squad_tutorial": lambda: python("-c", "import squad_tutorial"),
        "import torch": lambda: python("-c", "import torch"),
        "python alone": lambda: python("-c", ""),
    }
    times, found = {name: [] for name in work}, {}
    for _ in range(ROUNDS):  # taking turns, so that a busy machine slows all
        for name, function in work.items():
            seconds, found[name] = timed(function)
            times[name].append(seconds)
    content = {
        "questions": len(dataset),
        "rounds": ROUNDS,
        "median seconds": {name: round(median(values), 3) for name, values in times.items()},
        "questions whose scores differ": differing(question_scores(answers, references), official, references),
        "scores": {name: {key: round(found[name][key], 3) for key in ("exact_match", "f1")} for name in ("torchmetrics", "question_scores")},
    }
    write_json(Path(result), content | environment())
    print(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
