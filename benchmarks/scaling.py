"""How time and memory grow: with the data (1, 2, 4, 8 times) and with the length of windows and of contexts.

usage: SQUAD_DIR=folder python benchmarks/scaling.py RESULT.json [WORK ...]     all of `WORK` if none is named; the others stay as they are

Each figure is that of a process of its own, the median of three; training is run once. Memory is the largest anonymous memory (Linux:
RssAnon) above that before the work: without the model and the data, and without files that are mapped into memory. "loading" is
`load_squad` of a file that holds so many eighths of the articles of SQuAD's training file, evenly chosen; preprocessing reads the same
articles from files (`load_from_disk`) and writes the windows beside them. Training and prediction get random validation questions.
"""
import gzip
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

TIMES = (1, 2, 4, 8)
WORK = {  # work -> its sizes: eighths of the training file, questions, tokens of a window, or characters of a context
    "loading": TIMES,
    "preprocessing": TIMES,
    "training": [1_024 * times for times in TIMES],
    "training without ReleaseMemory": [1_024 * times for times in TIMES],
    "prediction": [200 * times for times in TIMES],
    "training step by window length": [128, 256, 384, 512],
    "prediction by window length": [128, 256, 384, 512],
    "prediction by context length": [1_000, 10_000, 100_000],
}
ROUNDS = dict.fromkeys(WORK, 3) | {"training": 1, "training without ReleaseMemory": 1}


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
    try:
        yield
        seconds = time.perf_counter() - began
    finally:
        done.set()
        watcher.join()
    print(json.dumps({"seconds": seconds, "megabytes": max(peaks + [anonymous()]) - before}), flush=True)


def squad(count=None):
    "Random validation questions, or all of them in their order."
    from squad_tutorial.data import load_split
    from squad_tutorial.finetuning import sample

    dataset = load_split(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"), "validation")
    return sample(dataset, count, seed=0) if count else dataset


def articles(eighths, folder):
    "A file with so many eighths of the articles of SQuAD's training file."
    some = json.load(gzip.open(Path(os.environ["SQUAD_DIR"], "train-v1.1.json.gz"), "rt", encoding="utf-8"))["data"][:: 8 // eighths]
    path = Path(folder, "some.json")
    path.write_text(json.dumps({"data": some}), encoding="utf-8")
    return path


def loading(eighths, folder):
    from squad_tutorial.data import load_squad

    path = articles(eighths, folder)
    with measured():
        load_squad(path)


def preprocessing(eighths, folder):
    from datasets import load_from_disk
    from squad_tutorial.data import load_squad
    from squad_tutorial.model import load_model
    from squad_tutorial.preprocessing import prepare_features

    tokenizer = load_model()[1]
    load_squad(articles(eighths, folder))["train"].save_to_disk(f"{folder}/dataset")
    prepare_features(squad(10), tokenizer)
    dataset = load_from_disk(f"{folder}/dataset")
    with measured():
        prepare_features(dataset, tokenizer)


def training(count, folder, windows=None, release=True):
    from training import trainer_of
    from squad_tutorial.finetuning import ReleaseMemory, keep_freed_memory
    from squad_tutorial.model import fast_linear, load_model

    model, tokenizer = load_model(dropout=0.0)
    keep_freed_memory()
    trainer = trainer_of("squad_tutorial", squad(count), model, tokenizer, folder)
    if windows:
        trainer.train_dataset = windows
    if not release:
        trainer.remove_callback(ReleaseMemory)
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
        "training without ReleaseMemory": lambda count, folder: training(count, folder, release=False),
        "training step by window length": lambda length, folder: training(32, folder, full_windows(length)),
        "prediction by window length": lambda length, folder: prediction(32, folder, full_windows(length)),
    }
    with tempfile.TemporaryDirectory() as folder:
        functions[work](int(size), folder)


def main(result, *works):
    from squad_tutorial.tutorial import environment, write_json

    content = json.loads(Path(result).read_text()) if works else {}
    for work in works or WORK:
        sizes = WORK[work]
        content[work] = []
        turns = {size: [] for size in sizes}
        for _ in range(ROUNDS[work]):
            for size in sizes:
                done = subprocess.run([sys.executable, __file__, "worker", work, str(size)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                turns[size].append(json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"seconds"'))))
        for size, some in turns.items():
            content[work].append({"size": size} | {name: round(median(turn[name] for turn in some), 3) for name in ("seconds", "megabytes")})
        print(work, content[work], flush=True)
    write_json(Path(result), content | {"rounds": ROUNDS} | environment())


if __name__ == "__main__":
    worker(*sys.argv[2:]) if sys.argv[1] == "worker" else main(*sys.argv[1:])
