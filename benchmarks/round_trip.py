"""Does every gold answer of SQuAD v1.1 survive the way from characters to a label and back?

usage: SQUAD_DIR=folder python benchmarks/round_trip.py RESULT.json

Each answer, of each question of both files, becomes a label in windows of 384 tokens that share 128, and the label is cut out of the context.
"""
import os
import sys
from pathlib import Path

from datasets import Dataset

from squad_tutorial.data import SQUAD_FEATURES, load_split
from squad_tutorial.evaluation import exact_match
from squad_tutorial.model import load_model
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import write_json


def one_row_per_answer(dataset):
    for row in dataset:
        for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"]):
            yield row | {"answers": {"text": [text], "answer_start": [start]}}


def round_trip(dataset, tokenizer):
    "Counts of answers: all, those that come back exactly, those that come back with more letters, those in no window."
    texts = {}
    for window in prepare_features(dataset, tokenizer):
        first, last = window["start_positions"], window["end_positions"]
        if first:
            start, end = window["offset_mapping"][first][0], window["offset_mapping"][last][1]
            texts[window["example_index"]] = dataset["context"][window["example_index"]][start:end]
    golds = [answers["text"][0] for answers in dataset["answers"]]
    longer = [(golds[number], text) for number, text in texts.items() if text != golds[number]]
    assert all(gold.strip() in text for gold, text in longer)
    return {
        "answers": len(golds),
        "come back exactly": len(texts) - len(longer),
        "come back with more letters": len(longer),
        "of these right by exact match": sum(exact_match(text, gold) == 1 for gold, text in longer),
        "in no window": len(golds) - len(texts),
        "examples": longer[:: max(1, len(longer) // 8)][:8],
    }


def main(result):
    tokenizer, counts = load_model()[1], {}
    for split, name in (("train", "train-v1.1.json.gz"), ("validation", "dev-v1.1.json.gz")):
        rows = list(one_row_per_answer(load_split(Path(os.environ["SQUAD_DIR"], name), split)))
        counts[split] = round_trip(Dataset.from_list(rows, features=SQUAD_FEATURES), tokenizer)
        print(counts[split])
    write_json(Path(result), counts)


if __name__ == "__main__":
    main(*sys.argv[1:])
