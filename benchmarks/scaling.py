"""How time and memory grow: with the data (1, 2, 4, 8 times) and with the length of windows and of contexts.

usage: SQUAD_DIR=folder python benchmarks/scaling.py RESULT.json

Each figure is that of a process of its own, the median of three. Memory is the largest anonymous memory (Linux: RssAnon) above that before
the work: without the model and the data, and without files that are mapped into memory. Preprocessing reads a data set from files
(`load_from_disk`) and writes the windows beside it; "loading" is `load_squad` of one SQuAD file. All questions are the first ones of the
validation file, those of training too.
"""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROUNDS = 3
TIMES = (1, 2, 4, 8)
WORK = {  # work -> its sizes: questions, tokens of a window, or characters of a context
    "loading": [1_250 * times for times in TIMES],
    "preprocessing": [1_250 * times for times in TIMES],
    "training": [32 * times for times in TIMES],
    "prediction": [50 * times for times in TIMES],
    "training step by window length": [128, 256, 384, 512],
    "prediction by window length": [128, 256, 384, 512],
    "prediction by context length": [1_000, 10_000, 100_000],
}


def anonymous():
    "Anonymous memory of this process in MB."
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) / 1024


@contextmanager
def measured():
    "Prints the seconds and the additional memory of what is done inside the block."
    before, peaks, done = anonymous(), [], threading.Event()

    def watch():
        while not done.wait(0.01):
            peaks.append(anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    yield
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    print(json.dumps({"seconds": seconds, "megabytes": max(peaks + [anonymous()]) - before}), flush=True)


def squad(count=None):
    from squad_tutorial.data import load_split

    dataset = load_split(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"), "validation")
    return dataset.select(range(count or len(dataset)))


def loading(count, folder):
    from squad_tutorial.data import load_squad

    rows = [{"title": row["title"], "paragraphs": [{"context": row["context"], "qas": [row | {"answers": pairs(row["answers"])}]}]} for row in squad(count)]
    Path(folder, "some.json").write_text(json.dumps({"data": rows}))
    del rows
    with measured():
        load_squad(f"{folder}/some.json")


def pairs(answers):
    return [{"text": text, "answer_start": start} for text, start in zip(answers["text"], answers["answer_start"])]


def preprocessing(count, folder):
    from datasets import load_from_disk
    from squad_tutorial.model import load_model
    from squad_tutorial.preprocessing import prepare_features

    tokenizer = load_model()[1]
    prepare_features(squad(10), tokenizer)
    squad(count).save_to_disk(folder)
    dataset = load_from_disk(folder)
    with measured():
        prepare_features(dataset, tokenizer)


def training(count, folder, windows=None):
    from training import trainer_of
    from squad_tutorial.finetuning import keep_freed_memory
    from squad_tutorial.model import fast_linear, load_model

    model, tokenizer = load_model(dropout=0.0)
    keep_freed_memory()
    trainer = trainer_of("squad_tutorial", squad(count), model, tokenizer, folder)
    if windows:
        trainer.train_dataset = windows
    with fast_linear(model.device), measured():
        trainer.train()


def prediction(count, folder, windows=None):
    from squad_tutorial.model import load_model
    from squad_tutorial.prediction import window_logits
    from squad_tutorial.preprocessing import prepare_features

    model, tokenizer = load_model()
    windows = windows or prepare_features(squad(count), tokenizer)
    window_logits(model, tokenizer, windows.select(range(2)))
    with measured():
        window_logits(model, tokenizer, windows)


def full_windows(length, count=32):
    "So many windows of exactly `length` tokens."
    from squad_tutorial.model import load_model
    from squad_tutorial.preprocessing import prepare_features

    dataset = squad(400)
    contexts = iter(dataset["context"][:])
    rows = [row | {"context": row["context"] + "".join(" " + next(contexts) for _ in range(8))} for row in dataset.select(range(count))]
    windows = prepare_features(type(dataset).from_list(rows, features=dataset.features), load_model()[1], length, 32)
    return windows.filter(lambda ids: len(ids) == length, input_columns="input_ids").select(range(count))


def by_context(characters, folder):
    from squad_tutorial.answerer import QuestionAnswerer

    qa, dataset = QuestionAnswerer(), squad()
    text = " ".join(dict.fromkeys(dataset["context"]))[:characters]
    qa(dataset[0]["question"], text[:100])
    with measured():
        qa(dataset[0]["question"], text)


def worker(work, size):
    import datasets

    datasets.disable_progress_bars()
    functions = {
        "loading": loading, "preprocessing": preprocessing, "training": training, "prediction": prediction, "prediction by context length": by_context,
        "training step by window length": lambda length, folder: training(32, folder, full_windows(length)),
        "prediction by window length": lambda length, folder: prediction(32, folder, full_windows(length)),
    }
    with tempfile.TemporaryDirectory() as folder:
        functions[work](int(size), folder)


def main(result):
    from squad_tutorial.tutorial import environment, write_json

    content = {work: [] for work in WORK}
    for work, sizes in WORK.items():
        turns = {size: [] for size in sizes}
        for _ in range(ROUNDS):
            for size in sizes:
                done = subprocess.run([sys.executable, __file__, "worker", work, str(size)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                turns[size].append(json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"seconds"'))))
        for size, some in turns.items():
            content[work].append({"size": size} | {name: round(median(turn[name] for turn in some), 3) for name in ("seconds", "megabytes")})
        print(work, content[work], flush=True)
    write_json(Path(result), content | {"rounds": ROUNDS} | environment())


if __name__ == "__main__":
    worker(*sys.argv[2:]) if sys.argv[1] == "worker" else main(*sys.argv[1:])
