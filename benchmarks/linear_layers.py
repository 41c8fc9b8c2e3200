"""Side by side: a training step and a prediction of the packaged encoder with linear layers by torch's choice and by oneDNN.

usage: python benchmarks/linear_layers.py [RESULT.json]
"""
import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from statistics import median

import torch

from squad_tutorial.data import load_split
from squad_tutorial.finetuning import keep_freed_memory
from squad_tutorial.model import OneDnnLinear, load_model
from squad_tutorial.preprocessing import prepare_features
from squad_tutorial.tutorial import environment

WINDOWS, ROUNDS, REPEATS = 8, 10, 5


def main(result=None):
    model, tokenizer = load_model("minilm", dropout=0.0)
    keep_freed_memory()
    rows = prepare_features(load_split("pocket", "train").select(range(WINDOWS)), tokenizer)
    batch = tokenizer.pad(rows.select_columns([*tokenizer.model_input_names, "start_positions", "end_positions"]).to_dict(), return_tensors="pt")
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)

    def training_step():
        model.train()(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    @torch.inference_mode()
    def prediction():
        model.eval()(**batch)

    times = {}
    for _ in range(ROUNDS):  # taking turns, so that a busy machine slows both
        for library, context in (("torch's choice", nullcontext()), ("oneDNN", OneDnnLinear())):
            for work in (training_step, prediction):
                for _ in range(REPEATS):
                    began = time.perf_counter()
                    with context:
                        work()
                    times.setdefault(work.__name__, {}).setdefault(library, []).append(time.perf_counter() - began)
    tokens = list(batch["input_ids"].shape)
    seconds = {work: {library: round(median(values), 4) for library, values in by.items()} for work, by in times.items()}
    ratio = {work: round(by["oneDNN"] / by["torch's choice"], 2) for work, by in seconds.items()}
    content = {"batch (windows, tokens)": tokens, "median seconds": seconds, "oneDNN / torch's choice": ratio} | environment()
    if result:
        Path(result).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(content, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
