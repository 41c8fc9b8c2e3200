"""Side by side: a training step and a prediction of the packaged encoder as they are, and with changes that were tried and are not used.

usage: python benchmarks/levers.py RESULT.json

"bfloat16": linear layers by autocast, weights in float32. "embeddings frozen": no gradient for the table of embeddings. "compiled": torch.compile for
any size, whose first call is timed apart. "packed": the windows of a batch in one row without padding, attention between windows masked.
"""
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from statistics import median

import torch

from squad_tutorial.data import load_split
from squad_tutorial.finetuning import PRESETS, keep_freed_memory, make_optimizer
from squad_tutorial.model import fast_linear, load_model
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import environment, write_json

WINDOWS, ROUNDS, REPEATS = 8, 10, 3


def in_one_row(batch):
    "The batch as one row without padding: positions begin anew with each window, and only tokens of one window see each other."
    keep = batch["attention_mask"].bool()
    windows, tokens = keep.shape
    owner, position = (values.expand(windows, tokens)[keep] for values in (torch.arange(windows)[:, None], torch.arange(tokens)))
    starts = torch.cat([torch.zeros(1, dtype=torch.long), keep.sum(1).cumsum(0)[:-1]])
    labels = {name: batch[name] + starts for name in ("start_positions", "end_positions")}  # of all windows; see `packed`
    row = {name: batch[name][keep][None] for name in ("input_ids", "token_type_ids")}
    return row | {"position_ids": position[None], "attention_mask": (owner[:, None] == owner)[None, None]}, labels, owner


def packed(model, row, labels, owner):
    "The loss of a packed batch: the softmax of each window over its own tokens."
    output = model(**row)
    losses = []
    for name, logits in (("start_positions", output.start_logits[0]), ("end_positions", output.end_logits[0])):
        totals = torch.stack([logits[owner == window].logsumexp(0) for window in range(len(labels[name]))])
        losses.append((totals - logits[labels[name]]).mean())
    return sum(losses) / 2


def main(result):
    model, tokenizer = load_model("minilm", dropout=0.0)
    keep_freed_memory()
    rows = prepare_features(load_split("pocket", "train").select(range(WINDOWS)), tokenizer)
    batch = tokenizer.pad(rows.select_columns([*tokenizer.model_input_names, "start_positions", "end_positions"]).to_dict(), return_tensors="pt")
    optimizer, table = make_optimizer(model, PRESETS["pocket"]), model.get_input_embeddings().weight
    compiled, one_row = torch.compile(model, dynamic=True), in_one_row(batch)
    plain = lambda: model(**batch).loss
    ways = {
        "as it is": (nullcontext(), plain),
        "bfloat16": (torch.autocast("cpu", torch.bfloat16), plain),
        "embeddings frozen": (nullcontext(), plain),
        "packed": (nullcontext(), lambda: packed(model, *one_row)),
        "compiled": (nullcontext(), lambda: compiled(**batch).loss),
    }

    with torch.inference_mode():
        rows_apart = model(**batch).start_logits[batch["attention_mask"].bool()]
        assert torch.allclose(model(**one_row[0]).start_logits[0], rows_apart, atol=1e-4)

    def training_step(loss):
        model.train()
        loss().backward()
        optimizer.step()
        optimizer.zero_grad()

    @torch.inference_mode()
    def prediction(loss):
        model.eval()
        loss()

    times, first = {"training step": {}, "prediction": {}}, {}
    for number in range(ROUNDS + 1):  # taking turns, so that a busy machine slows all; the first round only warms up
        for way, (context, loss) in ways.items():
            table.requires_grad_(way != "embeddings frozen")
            for work, function in zip(times, (training_step, prediction)):
                linear = nullcontext() if way in ("compiled", "bfloat16") else fast_linear(model.device)
                for _ in range(REPEATS if number else 1):
                    began = time.perf_counter()
                    with linear, context:
                        function(loss)
                    seconds = time.perf_counter() - began
                    if number:
                        times[work].setdefault(way, []).append(seconds)
                    elif way == "compiled":
                        first[work] = round(seconds, 1)
    medians = {work: {way: median(values) for way, values in by.items()} for work, by in times.items()}
    content = {
        "batch (windows, tokens)": list(batch["input_ids"].shape),
        "padding (share of the tokens)": round(1 - float(batch["attention_mask"].float().mean()), 3),
        "time, divided by that of \"as it is\"": {work: {way: round(value / by["as it is"], 2) for way, value in by.items()} for work, by in medians.items()},
        "seconds of the first compiled call": first,
    }
    write_json(Path(result), content | environment())
    print(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
