"""Random answers, null odds and thresholds, and what SQuAD 2.0's scoring in transformers 4.57 says of them.

usage, where transformers is below 5 (pip install 'transformers==4.57.6' 'huggingface-hub<1' torch): python benchmarks/squad_v2_reference.py RESULT.json

The figures are those of `squad_evaluate`, which went with transformers 5. Page 13 compares its own with them.
"""
import json
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import transformers
from transformers.data.metrics.squad_metrics import squad_evaluate

WORDS = ["the", "a", "Ada", "lamp", "!", "1712", "steam", "engine", "é", ""]


def random_case(rng):
    "Up to 12 questions with their answers, predictions (some empty), null odds (some equal, or none at all) and a threshold."
    def text():
        return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 4))).strip()

    names = [str(number) for number in range(rng.randint(1, 12))]
    dataset = [{"id": name, "answers": {"text": [] if rng.random() < 0.4 else [text() or "lamp" for _ in range(rng.randint(1, 3))]}} for name in names]
    return {
        "dataset": dataset,
        "predictions": {name: text() if rng.random() < 0.8 else "" for name in names},
        "odds": {name: rng.choice([0.5, round(rng.uniform(-3, 3), 1)]) for name in names} if rng.random() < 0.8 else None,
        "threshold": rng.choice([1.0, 0.0, -0.5]),
    }


def figures(case):
    examples = [SimpleNamespace(qas_id=row["id"], answers=[{"text": text} for text in row["answers"]["text"]]) for row in case["dataset"]]
    return squad_evaluate(examples, case["predictions"], case["odds"], case["threshold"])


def main(result):
    rng = random.Random(1)
    cases = [random_case(rng) for _ in range(100)]
    content = {"transformers": transformers.__version__, "cases": [case | {"figures": figures(case)} for case in cases]}
    Path(result).write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
