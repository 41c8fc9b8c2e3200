"""What every commit changed in the packaged data, counted from the repository's history.

usage: python benchmarks/data_changes.py RESULT.json

A paragraph is known by its title and number, a question by its id; a question is changed if its wording or one of its answers is.
"""
import json
import subprocess
import sys
from pathlib import Path

from squad_tutorial.tutorial import write_json

FOLDER = "squad_tutorial/pocket"


def git(*command):
    "What git prints for a command."
    return subprocess.run(["git", *command], check=True, capture_output=True, text=True).stdout


def state(commit):
    "Paragraphs and questions of the packaged data at a commit: two mappings from name to content."
    paragraphs, questions = {}, {}
    for path in git("ls-tree", "--name-only", commit, f"{FOLDER}/").split():
        articles = json.loads(git("show", f"{commit}:{path}"))["data"] if path.endswith(".json") else []
        for title, number, paragraph in ((a["title"], n, p) for a in articles for n, p in enumerate(a["paragraphs"], 1)):
            if "impossible" not in path:  # those repeat paragraphs of the others
                paragraphs[title, number] = paragraph["context"]
            for qa in paragraph["qas"]:
                questions[qa["id"]] = qa["question"], [answer["text"] for answer in qa.get("answers") or qa["plausible_answers"]]
    return paragraphs, questions


def changes(before, after):
    "How many entries were added, removed, and changed under the same name."
    return {
        "added": len(after.keys() - before.keys()),
        "removed": len(before.keys() - after.keys()),
        "changed": sum(before[name] != after[name] for name in before.keys() & after.keys()),
    }


def main(path):
    commits = git("log", "--reverse", "--format=%h %s", "--", FOLDER).splitlines()
    states = [({}, {}), *(state(commit.split()[0]) for commit in commits)]
    rows = [
        {"commit": commit, "paragraphs": changes(before[0], after[0]), "questions": changes(before[1], after[1])}
        for commit, before, after in zip(commits, states, states[1:])
        if before != after
    ]
    write_json(path, rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
