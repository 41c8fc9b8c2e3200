"""Side by side: the answers of all 10,570 validation questions from their logits, by our search and by the loop of run_qa and the course.

usage: SQUAD_DIR=folder python benchmarks/spans.py RESULT.json [CHECKPOINT]

The logits are those of CHECKPOINT, by default the model of preset `pocket` (trained if it is not in the cache); making them takes minutes
and is not timed. The loop is written anew from the description of transformers' example run_qa and the Hugging Face course: the 20 best
starts with the 20 best ends of each window, as dicts, sorted; it reads its windows from the data set one by one, as they do.
"""
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np

from squad_tutorial.data import load_split
from squad_tutorial.finetuning import finetuned
from squad_tutorial.model import load_model
from squad_tutorial.prediction import log_scores, ranked_answers, window_candidates, window_logits
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import environment, write_json

N_BEST, LONGEST, ROUNDS = 20, 30, 5


def looped(contexts, features, start_logits, end_logits):
    "The n-best lists of all questions, by loops over windows, starts and ends."
    windows = defaultdict(list)
    for window, example in enumerate(features["example_index"]):
        windows[example].append(window)
    answers = []
    for example, context in enumerate(contexts):
        spans = []
        for window in windows[example]:
            start, end, places = start_logits[window], end_logits[window], features[window]["offset_mapping"]
            starts, ends = (np.argsort(logits)[: -N_BEST - 1 : -1].tolist() for logits in (start, end))
            for first in starts:
                for last in ends:
                    if first >= len(places) or last >= len(places) or places[first][0] < 0 or places[last][0] < 0:
                        continue
                    if last < first or last - first + 1 > LONGEST:
                        continue
                    span = {"offsets": (places[first][0], places[last][1]), "score": start[first] + end[last]}
                    spans.append(span | {"start_logit": start[first], "end_logit": end[last]})
        spans = sorted(spans, key=lambda span: span["score"], reverse=True)[:N_BEST]
        for span in spans:
            low, high = span.pop("offsets")
            span["text"] = context[low:high]
        scores = np.array([span.pop("score") for span in spans])
        shares = np.exp(scores - scores.max())
        for span, share in zip(spans, shares / shares.sum()):
            span["probability"] = share
        answers.append(spans)
    return answers


def searched(contexts, features, start_logits, end_logits):
    "The n-best lists of all questions, as `predict` makes them."
    candidates, windows = window_candidates(features, start_logits, end_logits, N_BEST, LONGEST)
    return ranked_answers(contexts, log_scores(candidates, windows), N_BEST)


def main(result, checkpoint=None):
    model, tokenizer = load_model(checkpoint or finetuned())
    dataset = load_split(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"), "validation")
    features = prepare_features(dataset, tokenizer)
    logits = window_logits(model, tokenizer, features)
    arrays = [values.numpy() for values in logits]
    contexts, seconds, answers = dataset["context"][:], defaultdict(list), {}
    for _ in range(ROUNDS):  # taking turns, so that a busy machine slows both
        for way, function, inputs in (("run_qa's loop", looped, arrays), ("squad_tutorial", searched, logits)):
            began = time.perf_counter()
            answers[way] = function(contexts, features, *inputs)
            seconds[way].append(time.perf_counter() - began)
    best = [(ours[0], theirs[0]) for ours, theirs in zip(answers["squad_tutorial"], answers["run_qa's loop"])]
    other = [(ours, theirs) for ours, theirs in best if ours["text"] != theirs["text"]]
    gained = [ours["start_logit"] + ours["end_logit"] - theirs["start_logit"] - theirs["end_logit"] for ours, theirs in other]
    content = {
        "questions": len(dataset),
        "windows": len(features),
        "rounds": ROUNDS,
        "median seconds": {way: round(median(values), 3) for way, values in seconds.items()},
        "seconds, divided by squad_tutorial's": [round(a / b, 1) for a, b in zip(seconds["run_qa's loop"], seconds["squad_tutorial"])],
        "best answers that differ": len(other),
        "least and largest gain in span logit where they differ": [round(float(value), 4) for value in (min(gained), max(gained))] if gained else None,
    }
    write_json(Path(result), content | environment())
    print(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
