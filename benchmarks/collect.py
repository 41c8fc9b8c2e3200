"""Keep the result of a finished run: its settings, versions, machine and scores, as one JSON file to commit.

usage: python benchmarks/collect.py RUN_DIR RESULT.json
"""
import json
import sys
from pathlib import Path


def main(run, result):
    content = {name: json.loads(Path(run, f"{name}.json").read_text(encoding="utf-8")) for name in ("config", "metrics")}
    recipe = content["config"]["recipe"]
    for name in ("train", "validation", "model"):  # a path says something about a machine, its last part about the data
        recipe[name] = Path(recipe[name]).name if Path(recipe[name]).exists() else recipe[name]
    Path(result).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
