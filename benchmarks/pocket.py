"""What the packaged data gives, over three seeds: preset pocket, changes to it, each on its own, and a learning curve.

usage: SQUAD_DIR=folder python benchmarks/pocket.py RESULT.json

Every model is scored on the packaged validation questions and on the first 1,000 of the real SQuAD v1.1 validation file.
All trainings but those of one epoch have 460 to 479 steps (the last batch of an epoch may be small), so about the same cost; how
long one takes, a run of the preset says (benchmarks/results/pocket.json). A finished training is taken from the cache (`finetuned`).
"""
import json
import os
import random
import re
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from squad_tutorial.data import FUNCTION_WORDS, WORD, load_split, load_squad, phrases, sentence_at
from squad_tutorial.evaluation import evaluate_predictions
from squad_tutorial.finetuning import PRESETS, finetuned, save_whole
from squad_tutorial.model import load_model
from squad_tutorial.prediction import predict
from squad_tutorial.tutorial import environment, write_json

POCKET = PRESETS["pocket"]
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
    for context in paragraphs():
        spans = [(start, end) for start, end in phrases(context) if end - start > 2 and context.count(context[start:end]) == 1]
        for start, end in rng.sample(spans, per_paragraph):
            low, high = sentence_at(context, start)
            answer = context[start:end]
            rows.append({"context": context, "question": question_for(answer, context[low:high], rng), "answer": answer, "answer_start": start})
    return rows


def recurring_spans(context):
    "The longest runs of words of more than three letters, without a function word between them, that stand in two sentences or more."
    runs = set()
    for start, end in phrases(context):
        words = [word.span() for word in WORD.finditer(context, start, end)]
        runs |= {context[low:high] for i, (low, _) in enumerate(words) for _, high in words[i:] if high - low > 3}
    recurring = {run for run in runs if len({sentence_at(context, found.start()) for found in whole_words(run).finditer(context)}) > 1}
    return sorted(run for run in recurring if not any(run != other and run in other for other in recurring))


def whole_words(text):
    "A pattern that finds `text` where it cuts no word."
    return re.compile(rf"\b{re.escape(text)}\b")


def recurring_span_questions():
    """Recurring spans (Ram et al. 2021) as question answering, as rows of a JSONL file.

    The question is a sentence with such a span replaced by "what", the context is the paragraph without this sentence.
    """
    rows = []
    for context in paragraphs():
        for run in recurring_spans(context):
            low, high = sentence_at(context, whole_words(run).search(context).start())
            rest = (context[:low] + context[high:]).strip()
            question = whole_words(run).sub("what", context[low:high]).strip()
            rows.append({"context": rest, "question": question, "answer": run, "answer_start": whole_words(run).search(rest).start()})
    return rows


def paragraphs():
    "The training paragraphs, each once."
    return list(dict.fromkeys(load_split("pocket", "train")["context"]))


def first_on(name, rows, seed):
    "The checkpoint after a training on these rows, then on the preset's questions for the rest of the preset's steps."
    path = Path("build", f"{name}.jsonl")
    save_whole(path, lambda whole: whole.write_text("".join(json.dumps(row) + "\n" for row in rows)))
    first = finetuned(replace(POCKET, train=str(path), epochs=1.0, seed=seed))
    spent = len(rows) / len(load_split("pocket", "train"))
    return finetuned(replace(POCKET, model=str(first), epochs=POCKET.epochs - spent, seed=seed))


def runs():
    "Name and checkpoint of every run, trained when its turn comes."
    rule_made, recurring = rule_made_questions(), recurring_span_questions()
    for seed in SEEDS:
        preset = replace(POCKET, seed=seed)
        yield f"pocket, seed {seed}", finetuned(preset)
        yield f"head_factor 1, seed {seed}", finetuned(replace(preset, head_factor=1.0))
        yield f"one epoch, seed {seed}", finetuned(replace(preset, epochs=1.0))
        yield f"one epoch, head_factor 1, seed {seed}", finetuned(replace(preset, epochs=1.0, head_factor=1.0))
        yield f"rule-made questions first, seed {seed}", first_on("rule-made", rule_made, seed)
        yield f"recurring spans first, seed {seed}", first_on("recurring-spans", recurring, seed)
    for questions in (100, 300, 600):
        epochs = POCKET.epochs * len(load_split("pocket", "train")) / questions
        yield f"{questions} questions, seed 42", finetuned(replace(POCKET, max_train_examples=questions, epochs=epochs))


def score(checkpoint, datasets):
    "Exact match and F1 of a checkpoint on each data set."
    model, tokenizer = load_model(checkpoint)
    scores = {}
    for name, dataset in datasets.items():
        found = evaluate_predictions(predict(model, tokenizer, dataset), dataset)
        scores[name] = {metric: round(found[metric], 2) for metric in ("exact_match", "f1")}
    return scores


def best_step(checkpoint):
    "The step with the lowest validation loss, whose weights the checkpoint holds, and that loss."
    history = pd.read_json(checkpoint / "log_history.json").dropna(subset="eval_loss")
    best = history.nsmallest(1, "eval_loss").iloc[0]
    return {"step": int(best["step"]), "steps": int(history["step"].max()), "eval_loss": round(float(best["eval_loss"]), 2)}


def main(path):
    real = load_squad(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"))["train"].select(range(1000))
    datasets = {"pocket": load_split("pocket", "validation"), "first 1,000 of SQuAD": real}
    result = {"environment": environment(), "runs": {"baseline": score("minilm", datasets)}, "best": {}}
    for name, checkpoint in runs():
        result["runs"][name] = score(checkpoint, datasets)
        result["best"][name] = best_step(checkpoint)
        print(name, result["runs"][name], flush=True)
        write_json(path, result)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
