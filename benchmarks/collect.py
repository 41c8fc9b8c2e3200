"""Keep the result of a finished run: its settings, versions, machine and scores, as one JSON file to commit.

usage: python benchmarks/collect.py RUN_DIR RESULT.json
"""
import json
import sys
from pathlib import Path

from squad_tutorial.data import is_path
from squad_tutorial.tutorial import write_json


def main(run, result):
    content = {name: json.loads(Path(run, f"{name}.json").read_text(encoding="utf-8")) for name in ("config", "metrics")}
    recipe = content["config"]["recipe"]
    for name in ("train", "validation", "model"):  # a path says something about a machine, its last part about the data
        recipe[name] = Path(recipe[name]).name if is_path(recipe[name]) else recipe[name]
    write_json(Path(result), content)


if __name__ == "__main__":
    main(*sys.argv[1:])
