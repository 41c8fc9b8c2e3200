"""Side by side: windows and labels by three functions, on the first training questions of the real SQuAD.

usage: SQUAD_DIR=folder python benchmarks/preprocessing.py RESULT.json

"lesson": the function of the lesson that this project began with, and of transformers' guide: one row per question, cut and padded to 384.
"course": the function of the Hugging Face course: windows of 384 that share 128, padded to 384. Both are written anew from their description,
and loop over tokens in Python as theirs do. "course, not padded" is the first step from there to ours. "tokens" are the tokenizer alone, without
labels: of every question's pair, and of every question and every distinct paragraph once.
"""
import os
import sys
from pathlib import Path
from statistics import median

import datasets

from squad_tutorial.data import load_split
from squad_tutorial.model import load_model
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import environment, write_json
from turns import ratios, take_turns, work

QUESTIONS, ROUNDS = 10_000, 11


def token_label(offsets, sequence, start, end):
    "First and last token of the characters [start, end), found by walking over the tokens; (0, 0) if they are not all in the context's tokens."
    low = sequence.index(1)
    high = len(sequence) - 1 - sequence[::-1].index(1)
    if offsets[low][0] > start or offsets[high][1] < end:
        return 0, 0
    first = low
    while first <= high and offsets[first][0] <= start:
        first += 1
    last = high
    while last >= low and offsets[last][1] >= end:
        last -= 1
    return first - 1, last + 1


def looped(batch, tokenizer, padding="max_length", **windows):
    "Rows of 384 tokens with labels; `windows`: how the tokenizer cuts more than one row."
    questions = [question.strip() for question in batch["question"]]
    rows = tokenizer(questions, batch["context"], max_length=384, truncation="only_second", padding=padding, return_offsets_mapping=True, **windows)
    offsets = rows.pop("offset_mapping")
    owners = rows.pop("overflow_to_sample_mapping", range(len(questions)))
    labels = []
    for row, owner in enumerate(owners):
        answer = batch["answers"][owner]
        start = answer["answer_start"][0]
        labels.append(token_label(offsets[row], rows.sequence_ids(row), start, start + len(answer["text"][0])))
    rows["start_positions"], rows["end_positions"] = map(list, zip(*labels))
    return rows


def by_loop(**settings):
    return lambda dataset, tokenizer: dataset.map(looped, batched=True, remove_columns=dataset.column_names, fn_kwargs={"tokenizer": tokenizer} | settings)


def tokens_of_pairs(dataset, tokenizer):
    for batch in dataset.iter(4_000):
        tokenizer(batch["question"], batch["context"], max_length=384, stride=128, truncation="only_second", return_overflowing_tokens=True, return_offsets_mapping=True)


def tokens_once(dataset, tokenizer):
    for batch in dataset.iter(4_000):
        tokenizer(batch["question"], add_special_tokens=False)
        tokenizer(list(dict.fromkeys(batch["context"])), add_special_tokens=False, return_offsets_mapping=True)


WINDOWS = {"stride": 128, "return_overflowing_tokens": True}
WAYS = {
    "lesson": by_loop(),
    "course": by_loop(**WINDOWS),
    "course, not padded": by_loop(padding=False, **WINDOWS),
    "squad_tutorial": prepare_features,
    "tokens of every pair": tokens_of_pairs,
    "tokens once": tokens_once,
}


def differences(ours, theirs, tokenizer):
    "Number of windows whose tokens differ, apart from padding, and of windows whose labels differ."
    assert len(ours) == len(theirs)
    ids = sum(a != b[: len(a)] or set(b[len(a) :]) - {tokenizer.pad_token_id} != set() for a, b in zip(ours["input_ids"], theirs["input_ids"]))
    labels = [zip(rows["start_positions"], rows["end_positions"]) for rows in (ours, theirs)]
    return {"windows": len(ours), "tokens differ": ids, "labels differ": sum(a != b for a, b in zip(*labels))}


def loaded():
    "The questions and the tokenizer."
    datasets.disable_caching()
    datasets.disable_progress_bars()
    return load_split(Path(os.environ["SQUAD_DIR"], "train-v1.1.json.gz"), "train").select(range(QUESTIONS)), load_model()[1]


def worker(way):
    data = loaded()

    def make():
        WAYS[way](*data)

    work(make)


def main(result):
    turns = take_turns({way: [sys.executable, __file__, "worker", way] for way in WAYS}, ROUNDS)
    seconds = {way: [turn["seconds"] for turn in some] for way, some in turns.items()}
    rates = {way: round(QUESTIONS / median(values)) for way, values in seconds.items()}
    dataset, tokenizer = loaded()
    content = {
        "questions": QUESTIONS,
        "rounds": ROUNDS,
        "questions per second": rates,
        "seconds, divided by squad_tutorial's": ratios(seconds),
        "beside the course": differences(*(WAYS[way](dataset, tokenizer) for way in ("squad_tutorial", "course")), tokenizer),
    }
    write_json(Path(result), content | environment())
    print(content)


if __name__ == "__main__":
    worker(*sys.argv[2:]) if sys.argv[1] == "worker" else main(*sys.argv[1:])
