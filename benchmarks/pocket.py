"""What the packaged data gives, over three seeds: preset pocket, changes to it, each on its own, and a learning curve.

usage: SQUAD_DIR=folder python benchmarks/pocket.py RESULT.json

Every model is scored on the packaged validation questions and on the first 1,000 of the real SQuAD v1.1 validation file.
A run that RESULT.json already holds is not repeated. All trainings but those of one pass have the
same number of steps, so about the same cost (how long one takes, a run of the preset says: benchmarks/results/pocket.json).
"""
import json
import os
import random
import re
import sys
from dataclasses import replace
from pathlib import Path

from squad_tutorial.data import FUNCTION_WORDS, load_split, load_squad, phrases, sentence_at
from squad_tutorial.evaluation import evaluate_predictions
from squad_tutorial.finetuning import PRESETS, finetuned, save_whole
from squad_tutorial.model import load_model
from squad_tutorial.prediction import predict
from squad_tutorial.tutorial import environment

POCKET = PRESETS["pocket"]
RULE_MADE = Path("build/rule-made.jsonl")
SEEDS = (42, 43, 44)


def question_for(answer, sentence, rng):
    "A question by rule: a question word for `answer`, then what is left of its sentence when some words are dropped."
    asked = "who" if answer[0].isupper() else "how many" if any(c.isdigit() for c in answer) else "what"
    before, after = ([w for w in re.findall(r"[\w'-]+", part) if w.lower() in FUNCTION_WORDS or rng.random() < 0.7] for part in sentence.split(answer, 1))
    halves = [before[-8:], after[:8]]
    rng.shuffle(halves)
    return " ".join([asked, *halves[0], *halves[1]]) + "?"


def rule_made_questions(per_paragraph=5):
    "Questions made by rule from the training paragraphs, as rows of a JSONL file; five for each, so 920."
    rng, rows = random.Random(0), []
    for context in dict.fromkeys(load_split("pocket", "train")["context"]):
        spans = [(start, end) for start, end in phrases(context) if end - start > 2 and context.count(context[start:end]) == 1]
        for start, end in rng.sample(spans, per_paragraph):
            low, high = sentence_at(context, start)
            answer = context[start:end]
            rows.append({"context": context, "question": question_for(answer, context[low:high], rng), "answer": answer, "answer_start": start})
    return rows


def warmed_up(seed):
    "The checkpoint of a warm-up on rule-made questions, then three quarters of the preset's training: as many steps in all."
    if not RULE_MADE.exists():
        lines = "".join(json.dumps(row) + "\n" for row in rule_made_questions())
        save_whole(RULE_MADE, lambda path: path.write_text(lines))
    warm = finetuned(replace(POCKET, train=str(RULE_MADE), epochs=1.0, seed=seed))
    return finetuned(replace(POCKET, model=str(warm), epochs=1.5, seed=seed))


def runs():
    "Name of every run and the function that gives its checkpoint."
    for seed in SEEDS:
        yield f"pocket, seed {seed}", lambda: finetuned(replace(POCKET, seed=seed))
    for seed in SEEDS:
        yield f"head_factor 1, seed {seed}", lambda: finetuned(replace(POCKET, head_factor=1.0, seed=seed))
    for questions in (300, 600, 100):
        epochs = POCKET.epochs * len(load_split("pocket", "train")) / questions
        yield f"{questions} questions, seed 42", lambda: finetuned(replace(POCKET, max_train_examples=questions, epochs=epochs))
    for seed in SEEDS:
        yield f"one pass, seed {seed}", lambda: finetuned(replace(POCKET, epochs=1.0, seed=seed))
        yield f"one pass, head_factor 1, seed {seed}", lambda: finetuned(replace(POCKET, epochs=1.0, head_factor=1.0, seed=seed))
    for seed in SEEDS:
        yield f"rule-made warm-up, seed {seed}", lambda: warmed_up(seed)


def score(checkpoint, datasets):
    "Exact match and F1 of a checkpoint on each data set."
    model, tokenizer = load_model(checkpoint)
    scores = {}
    for name, dataset in datasets.items():
        found = evaluate_predictions(predict(model, tokenizer, dataset), dataset)
        scores[name] = {metric: round(found[metric], 2) for metric in ("exact_match", "f1")}
    return scores


def main(path):
    real = load_squad(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"))["train"].select(range(1000))
    datasets = {"pocket": load_split("pocket", "validation"), "first 1,000 of SQuAD": real}
    result = json.loads(path.read_text()) if path.exists() else {"environment": environment(), "runs": {}}
    if "baseline" not in result["runs"]:
        result["runs"]["baseline"] = score("minilm", datasets)
    for name, train in runs():
        if name not in result["runs"]:
            result["runs"][name] = score(train(), datasets)
            print(name, result["runs"][name], flush=True)
        path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
