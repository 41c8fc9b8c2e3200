"""Side by side: the answers of all 10,570 validation questions from their logits, by our search and by the loop of run_qa and the course.

usage: SQUAD_DIR=folder python benchmarks/spans.py RESULT.json [CHECKPOINT]

The logits are those of CHECKPOINT, by default the model of preset `pocket` (trained if it is not in the cache); making them takes minutes
and is not timed. The loop is written anew from the description of transformers' example run_qa: the 20 best starts with the 20 best ends of
each window, as dicts, sorted. Like run_qa it has windows padded to 384 tokens in a data set, and reads a window three times: for its
question, for its offsets, and for a column that is not there. "loop alone" is the same with everything read beforehand, outside the time.
"""
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import datasets
import numpy as np

from squad_tutorial.data import load_split
from squad_tutorial.finetuning import finetuned
from squad_tutorial.model import load_model
from squad_tutorial.prediction import log_scores, ranked_answers, window_candidates, window_logits
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import environment, write_json

N_BEST, LONGEST, ROUNDS = 20, 30, 5


def padded_windows(batch, tokenizer):
    "The windows of a batch as run_qa makes them: 384 tokens, the id of their question, offsets that are None outside the context."
    rows = tokenizer(
        [question.lstrip() for question in batch["question"]], batch["context"], max_length=384, stride=128, truncation="only_second",
        padding="max_length", return_overflowing_tokens=True, return_offsets_mapping=True,
    )
    rows["example_id"] = [batch["id"][owner] for owner in rows.pop("overflow_to_sample_mapping")]
    for row, offsets in enumerate(rows["offset_mapping"]):
        parts = rows.sequence_ids(row)
        rows["offset_mapping"][row] = [place if part == 1 else None for place, part in zip(offsets, parts)]
    return rows


def looped(names, examples, windows, start_logits, end_logits):
    "The n-best lists of all questions (`names`: their ids), by loops over windows, starts and ends."
    number = {name: example for example, name in enumerate(names)}
    windows_of = defaultdict(list)
    for window, row in enumerate(windows):
        windows_of[number[row["example_id"]]].append(window)
    answers = []
    for example, row in enumerate(examples):
        spans = []
        for window in windows_of[example]:
            start, end = start_logits[window], end_logits[window]
            places = windows[window]["offset_mapping"]
            best_place = windows[window].get("token_is_max_context")
            starts, ends = (np.argsort(logits)[: -N_BEST - 1 : -1].tolist() for logits in (start, end))
            for first in starts:
                for last in ends:
                    if first >= len(places) or last >= len(places) or places[first] is None or places[last] is None:
                        continue
                    if last < first or last - first + 1 > LONGEST:
                        continue
                    if best_place is not None and not best_place.get(str(first), False):
                        continue
                    span = {"offsets": (places[first][0], places[last][1]), "score": start[first] + end[last]}
                    spans.append(span | {"start_logit": start[first], "end_logit": end[last]})
        spans = sorted(spans, key=lambda span: span["score"], reverse=True)[:N_BEST]
        for span in spans:
            low, high = span.pop("offsets")
            span["text"] = row["context"][low:high]
        scores = np.array([span.pop("score") for span in spans])
        shares = np.exp(scores - scores.max())
        for span, share in zip(spans, shares / shares.sum()):
            span["probability"] = share
        answers.append([{key: float(value) if isinstance(value, np.floating) else value for key, value in span.items()} for span in spans])
    return answers


def searched(contexts, features, start_logits, end_logits):
    "The n-best lists of all questions, as `predict` makes them."
    candidates, windows = window_candidates(features, start_logits, end_logits, N_BEST, LONGEST)
    return ranked_answers(contexts, log_scores(candidates, windows), N_BEST)


def main(result, checkpoint=None):
    datasets.disable_caching()
    datasets.disable_progress_bars()
    model, tokenizer = load_model(checkpoint or finetuned())
    dataset = load_split(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"), "validation")
    features = prepare_features(dataset, tokenizer)
    padded = dataset.map(padded_windows, batched=True, remove_columns=dataset.column_names, fn_kwargs={"tokenizer": tokenizer})
    logits = window_logits(model, tokenizer, features)
    arrays, names, contexts = [values.numpy() for values in logits], dataset["id"][:], dataset["context"][:]
    rows, padded_rows = list(dataset), list(padded)
    ways = {
        "squad_tutorial": lambda: searched(contexts, features, *logits),
        "run_qa's loop": lambda: looped(names, dataset, padded, *arrays),
        "loop alone": lambda: looped(names, rows, padded_rows, *arrays),
    }
    seconds, answers = {way: [] for way in ways}, {}
    for _ in range(ROUNDS):  # taking turns, so that a busy machine slows all
        for way, function in ways.items():
            began = time.perf_counter()
            answers[way] = function()
            seconds[way].append(time.perf_counter() - began)
    best = [(ours[0], theirs[0]) for ours, theirs in zip(answers["squad_tutorial"], answers["run_qa's loop"])]
    other = [(ours, theirs) for ours, theirs in best if ours["text"] != theirs["text"]]
    gained = [ours["start_logit"] + ours["end_logit"] - theirs["start_logit"] - theirs["end_logit"] for ours, theirs in other]
    content = {
        "questions": len(dataset),
        "windows": len(features),
        "rounds": ROUNDS,
        "median seconds": {way: round(median(values), 3) for way, values in seconds.items()},
        "seconds, divided by squad_tutorial's": {
            way: [round(a / b, 1) for a, b in zip(values, seconds["squad_tutorial"])] for way, values in seconds.items()
        },
        "best answers that differ": len(other),
        "least and largest gain in span logit where they differ": [round(float(value), 4) for value in (min(gained), max(gained))] if gained else None,
    }
    write_json(Path(result), content | environment())
    print(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
