"""Side by side: training steps with the arguments of the lesson that this project began with, and with ours; one change after the other.

usage: SQUAD_DIR=folder python benchmarks/training.py steps RESULT.json     seconds: about fifteen minutes
       SQUAD_DIR=folder python benchmarks/training.py scores RESULT.json    scores after the same epochs: about half an hour

The lesson cuts and pads every question to 384 tokens, 16 a batch, with dropout 0.1, and leaves the rest to the Trainer (whose AdamW is
the fused one by now). Each way is a process of its own, which trains on the same questions in turn with the others: those of batches of 16
that grouping by length makes of 4,000 random questions. "minilm" is the packaged encoder; "distilbert" has DistilBERT's size
and random weights, so it is timed only. On a machine with a GPU all run there.
"""
import os
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import median

from transformers import AutoModelForQuestionAnswering, DataCollatorWithPadding, DistilBertConfig, PrinterCallback, Trainer, TrainingArguments

from preprocessing import by_loop
from squad_tutorial.data import load_split
from squad_tutorial.evaluation import compare, evaluate_predictions
from squad_tutorial.finetuning import PRESETS, OrderBySeed, ReleaseMemory, keep_freed_memory, make_optimizer, sample, training_arguments
from squad_tutorial.model import best_device, fast_linear, load_model
from squad_tutorial.prediction import predict
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import environment, write_json
from turns import ratios, take_turns, work

ROUNDS, QUESTIONS = 5, {"minilm": 64, "distilbert": 32}  # multiples of 16
SCORED_TRAINING, SCORED_VALIDATION, EPOCHS = 1_000, 1_000, 2
LADDER = ("the lesson", "freed memory kept", "no dropout", "not padded, by length", "batches of 8", "squad_tutorial", "squad_tutorial, bfloat16")  # each with those before
SCORED = ("the lesson", "the lesson, our learning rate", "squad_tutorial", "squad_tutorial, bfloat16")


def squad(split, count, seed=0):
    return sample(load_split(Path(os.environ["SQUAD_DIR"], f"{split}-v1.1.json.gz"), "train"), count, seed)


def grouped(size):
    "Random questions as batches by length hold them: 16 neighbours from each of a few places, evenly spread over 4,000 questions in order of length."
    some = squad("train", 4_000)
    lengths = [len(question) + len(context) for question, context in zip(some["question"], some["context"])]
    order, places = sorted(range(len(lengths)), key=lengths.__getitem__), QUESTIONS[size] // 16
    first = [round((place + 0.5) * len(order) / places) - 8 for place in range(places)]
    return some.select([order[at + neighbour] for at in first for neighbour in range(16)])


def sorted_windows(dataset, tokenizer):
    "The windows of `grouped` questions in the order in which grouping gives them; the Trainer's own groups are small for so few."
    windows = prepare_features(dataset, tokenizer)
    return windows.select(sorted(range(len(windows)), key=[-len(ids) for ids in windows["input_ids"]].__getitem__))


def loaded(size, dropout):
    "A model of a size and its tokenizer."
    model, tokenizer = load_model("minilm", dropout=dropout)
    if size == "distilbert":
        rate = {} if dropout is None else {"dropout": dropout, "attention_dropout": dropout, "qa_dropout": dropout}
        model = AutoModelForQuestionAnswering.from_config(DistilBertConfig(**rate)).to(best_device())
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    return model, tokenizer


def lesson_arguments(folder, **changes):
    "The arguments of the lesson, without its evaluations and checkpoints, which ours leaves out here too."
    settings = {"learning_rate": 2e-5, "per_device_train_batch_size": 16, "weight_decay": 0.01, "num_train_epochs": 1}
    return TrainingArguments(folder, eval_strategy="no", save_strategy="no", report_to="none", disable_tqdm=True, **settings | changes)


def trainer_of(way, dataset, model, tokenizer, folder, epochs=1, in_order=False):
    "The Trainer of a way, one of `LADDER` or `SCORED`; in_order: the questions are `grouped`, so grouping them is left out."
    windows_of, strategy = (sorted_windows, "sequential") if in_order else (prepare_features, "group_by_length")
    if "squad_tutorial" in way:
        recipe = replace(PRESETS["pocket"], epochs=float(epochs), bf16="bfloat16" in way or None)
        arguments = training_arguments(recipe, folder)
        arguments.eval_strategy = arguments.save_strategy = "no"
        arguments.load_best_model_at_end, arguments.train_sampling_strategy = False, strategy
        collator, optimizer = DataCollatorWithPadding(tokenizer), make_optimizer(model, recipe)
        return Trainer(model, arguments, collator, windows_of(dataset, tokenizer), optimizers=(optimizer, None), callbacks=[OrderBySeed(), ReleaseMemory()])
    step = LADDER.index(way) if way in LADDER else 0
    changes = {"num_train_epochs": epochs} | ({"learning_rate": PRESETS["pocket"].learning_rate} if "our learning rate" in way else {})
    if step >= LADDER.index("not padded, by length"):
        changes["train_sampling_strategy"] = strategy
        rows, collator = windows_of(dataset, tokenizer), DataCollatorWithPadding(tokenizer)
    else:
        rows, collator = by_loop()(dataset, tokenizer), None
    if step >= LADDER.index("batches of 8"):
        changes["per_device_train_batch_size"] = 8
    return Trainer(model, lesson_arguments(folder, **changes), collator, rows)


def worker(way, size):
    "Trains on the same questions once a turn; gives what share of the tokens was padding."
    step = LADDER.index(way)
    model, tokenizer = loaded(size, 0.0 if step >= LADDER.index("no dropout") else None)
    if step >= LADDER.index("freed memory kept"):
        keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_of(way, grouped(size), model, tokenizer, folder, in_order=True)
        trainer.remove_callback(PrinterCallback)
        batches = [batch["attention_mask"] for batch in trainer.get_train_dataloader()]
        padding = 1 - sum(int(mask.sum()) for mask in batches) / sum(mask.numel() for mask in batches)

        def train():
            trainer.create_optimizer()
            trainer.lr_scheduler = None
            with fast_linear(model.device) if "squad_tutorial" in way else nullcontext():
                trainer.train()
            return {"padding": padding}

        work(train)


def steps(size):
    "Seconds of all ways with a model of one size, in turn: the figures for the result."
    ways = LADDER if size == "minilm" else (LADDER[0], *LADDER[-2:])
    turns = take_turns({way: [sys.executable, __file__, "worker", way, size] for way in ways}, ROUNDS)
    seconds = {way: [turn["seconds"] for turn in some] for way, some in turns.items()}
    return {
        "questions": QUESTIONS[size],
        "questions per second": {way: round(QUESTIONS[size] / median(values), 2) for way, values in seconds.items()},
        "seconds, divided by squad_tutorial's": ratios(seconds),
        "padding (share of the tokens)": {way: round(some[0]["padding"], 3) for way, some in turns.items()},
    }


def scores():
    "Exact match and F1 after the same number of epochs on the same questions, and the difference to ours with its interval."
    train, validation, tables, figures = squad("train", SCORED_TRAINING), squad("dev", SCORED_VALIDATION), {}, {}
    keep_freed_memory()  # changes no result
    for way in SCORED:
        model, tokenizer = load_model("minilm", dropout=0.0 if "squad_tutorial" in way else None)
        with tempfile.TemporaryDirectory() as folder, fast_linear(model.device):
            trainer_of(way, train, model, tokenizer, folder, EPOCHS).train()
        tables[way] = predict(model, tokenizer, validation)
        figures[way] = {name: round(value, 2) for name, value in evaluate_predictions(tables[way], validation).items() if name in ("exact_match", "f1")}
        print(way, figures[way], flush=True)
    gains = {way: compare(tables["squad_tutorial"], tables[way], validation).round(3).to_dict("index") for way in SCORED if way != "squad_tutorial"}
    counts = {"training questions": SCORED_TRAINING, "epochs": EPOCHS, "validation questions": SCORED_VALIDATION}
    return counts | {"scores": figures, "squad_tutorial's gain over it": gains}


def main(what, result):
    content = {size: steps(size) for size in QUESTIONS} | {"rounds": ROUNDS} if what == "steps" else scores()
    write_json(Path(result), content | environment())
    print(content)


if __name__ == "__main__":
    worker(*sys.argv[2:]) if sys.argv[1] == "worker" else main(*sys.argv[1:])
