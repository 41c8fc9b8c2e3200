"""What eight bits cost: all validation questions of the real SQuAD, answered by a model in float32 and in int8.

usage: SQUAD_DIR=folder python benchmarks/int8.py RESULT.json CHECKPOINT     (CHECKPOINT: of a run of preset `laptop`)
"""
import hashlib
import os
import sys
import tempfile
from pathlib import Path

from squad_tutorial.data import load_split
from squad_tutorial.evaluation import compare, evaluate_predictions
from squad_tutorial.int8 import INT8_FILE, export_int8, load_int8
from squad_tutorial.model import load_model
from squad_tutorial.prediction import predict
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import environment, write_json


def main(result, checkpoint):
    weights = Path(checkpoint, "model.safetensors")
    dataset = load_split(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"), "validation")
    with tempfile.TemporaryDirectory() as folder:
        small, full = Path(folder, "int8"), load_model(checkpoint)
        export_int8(*full, small)
        features = prepare_features(dataset, full[1])
        sizes = {"float32": weights.stat().st_size, "int8": (small / INT8_FILE).stat().st_size}
        tables = {"float32": predict(*full, dataset, features=features), "int8": predict(*load_int8(small), dataset, features=features)}
    scores = {name: evaluate_predictions(table, dataset) for name, table in tables.items()}
    content = {
        "checkpoint (SHA-256 of its weights)": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "questions": len(dataset),
        "megabytes": {name: round(size / 1e6, 1) for name, size in sizes.items()},
        "scores": {name: {key: round(some[key], 2) for key in ("exact_match", "f1", "eval_loss")} for name, some in scores.items()},
        "gain of int8 over float32": compare(tables["int8"], tables["float32"], dataset).round(3).to_dict("index"),
        "answers that are the same": int((tables["int8"]["answer"] == tables["float32"]["answer"]).sum()),
    }
    write_json(Path(result), content | environment())
    print(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
