"""Side by side: answers to 400 random validation questions by ours (whole, in parts, in int8), the pipeline of transformers 4.57 and haystack's reader.

usage: SQUAD_DIR=folder python benchmarks/prediction.py RESULT.json OTHER_PYTHON [CHECKPOINT]

OTHER_PYTHON: the interpreter of an environment with the others' versions (pip install transformers==4.57.6 haystack-ai==2.20.0 torch).
CHECKPOINT: by default the model of preset `pocket` (trained if it is not in the cache). The time is that of the whole call, from texts
to answers. The peak is that of a large product of float32 matrices by the faster of torch's two libraries, measured in every round.
"""
import gzip
import json
import os
import random
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from statistics import median

from turns import ratios, take_turns, work

QUESTIONS, ROUNDS = 400, 5
PIPELINE_BATCHES = (1, 8, 32)


def questions():
    "Random validation questions: (question, context) pairs."
    articles = json.load(gzip.open(Path(os.environ["SQUAD_DIR"], "dev-v1.1.json.gz"), "rt", encoding="utf-8"))["data"]
    pairs = [(qa["question"], paragraph["context"]) for article in articles for paragraph in article["paragraphs"] for qa in paragraph["qas"]]
    return random.Random(0).sample(pairs, QUESTIONS)


def ours(one_at_a_time=False, torch_products=False):
    "Ours, or what is left of it without batches, without the choice of a library for products."

    def load(checkpoint):
        from squad_tutorial import prediction
        from squad_tutorial.answerer import QuestionAnswerer

        if torch_products:  # neither oneDNN nor packed weights
            prediction.packed_linear = prediction.fast_linear = lambda *_: nullcontext()
        qa = QuestionAnswerer(checkpoint, device="cpu")
        return lambda pairs: [answer["answer"] for answer in qa(*map(list, zip(*pairs)), batch_size=1 if one_at_a_time else None)]

    return load


def in_int8(checkpoint):
    from squad_tutorial.answerer import QuestionAnswerer
    from squad_tutorial.int8 import export_int8, load_int8
    from squad_tutorial.model import load_model

    with tempfile.TemporaryDirectory() as folder:
        export_int8(*load_model(checkpoint), Path(folder, "int8"))
        qa = QuestionAnswerer(*load_int8(Path(folder, "int8")))
    return lambda pairs: [answer["answer"] for answer in qa(*map(list, zip(*pairs)))]


def pipeline(batch_size):
    def load(checkpoint):
        import transformers

        qa = transformers.pipeline("question-answering", model=checkpoint, tokenizer=checkpoint, device=-1)

        def answer(pairs):
            answers = qa(question=[pair[0] for pair in pairs], context=[pair[1] for pair in pairs], batch_size=batch_size)
            return [answer["answer"] for answer in answers]

        return answer

    return load


def haystack(checkpoint):
    from haystack import Document
    from haystack.components.readers import ExtractiveReader
    from haystack.utils import ComponentDevice

    reader = ExtractiveReader(model=checkpoint, device=ComponentDevice.from_str("cpu"), top_k=1, no_answer=False)
    reader.warm_up()
    return lambda pairs: [reader.run(query=question, documents=[Document(content=context)])["answers"][0].data for question, context in pairs]


OURS, INT8, PEAK = "squad_tutorial", "squad_tutorial, int8", "peak"
OUR_WAYS = {
    "ours, one at a time, torch's products": ours(one_at_a_time=True, torch_products=True),
    "ours, torch's products": ours(torch_products=True),
    OURS: ours(),
    INT8: in_int8,
}
WAYS = {f"pipeline, batches of {size}": pipeline(size) for size in PIPELINE_BATCHES} | {"haystack": haystack} | OUR_WAYS


def gemm_peak():
    "Floating point operations per second of a large float32 product: the better of torch's choice and oneDNN, best of five."
    import torch
    from squad_tutorial.model import onednn_product

    a, b, seconds = torch.randn(2048, 2048), torch.randn(2048, 2048), []
    with torch.inference_mode():
        for product in (torch.nn.functional.linear, onednn_product) * 5:
            began = time.perf_counter()
            product(a, b)
            seconds.append(time.perf_counter() - began)
    return {"peak": 2 * 2048**3 / min(seconds)}


def operations(checkpoint):
    "Floating point operations that the questions need, real tokens only: two per weight of a linear layer and token, and those of attention."
    import torch
    from squad_tutorial.model import load_model

    model, tokenizer = load_model(checkpoint)
    weights = sum(layer.weight.numel() for layer in model.modules() if isinstance(layer, torch.nn.Linear))
    windows = tokenizer(*map(list, zip(*questions())), max_length=384, stride=128, truncation="only_second", return_overflowing_tokens=True)
    lengths = [len(ids) for ids in windows["input_ids"]]
    attention = 4 * model.config.num_hidden_layers * model.config.hidden_size * sum(length**2 for length in lengths)
    return {"linear layers": 2 * weights * sum(lengths), "attention": attention}


def shares(answer, pairs):
    "What share of the time of one call goes into the products of linear layers and into attention; by torch's profiler, which slows the rest a little."
    from torch.profiler import ProfilerActivity, profile

    for some in (pairs[:32], pairs):  # the profiler's first use takes time of its own
        with profile(activities=[ProfilerActivity.CPU]) as done:
            answer(some)
    times = {event.key: event.self_cpu_time_total for event in done.key_averages()}
    of = lambda *names: round(sum(time for key, time in times.items() if any(name in key for name in names)) / sum(times.values()), 3)
    return {"linear layers": of("linear", "addmm", "aten::mm"), "attention": of("attention"), "gelu": of("gelu")}


def worker(way, checkpoint):
    "Answers once a turn, or measures the peak."
    if way == PEAK:
        work(gemm_peak)
    else:
        answer, pairs = WAYS[way](checkpoint), questions()
        work(lambda: {"answers": answer(pairs)})


def main(result, other_python, checkpoint=None):
    from squad_tutorial.finetuning import finetuned
    from squad_tutorial.tutorial import environment, write_json

    checkpoint = str(checkpoint or finetuned())
    pythons = dict.fromkeys(WAYS, other_python) | dict.fromkeys([*OUR_WAYS, PEAK], sys.executable)
    turns = take_turns({way: [python, __file__, "worker", way, checkpoint] for way, python in pythons.items()}, ROUNDS)
    peaks = [turn["peak"] for turn in turns.pop(PEAK)]
    seconds = {way: [turn["seconds"] for turn in some] for way, some in turns.items()}
    rates = {way: round(QUESTIONS / median(values), 1) for way, values in seconds.items()}
    needed = operations(checkpoint)
    total = sum(needed.values())
    answers = {way: some[0]["answers"] for way, some in turns.items()}
    content = {
        "questions": QUESTIONS,
        "rounds": ROUNDS,
        "questions per second": rates,
        "seconds, divided by squad_tutorial's": ratios(seconds),
        "int8: times as fast as": {way: round(median(a / b for a, b in zip(values, seconds[INT8])), 2) for way, values in seconds.items()},
        "answers equal to squad_tutorial's": {way: sum(a == b for a, b in zip(answers[OURS], theirs)) for way, theirs in answers.items()},
        "peak of float32 products (GFLOP/s)": round(median(peaks) / 1e9),
        "share of the operations": {part: round(count / total, 3) for part, count in needed.items()},
        "share of the time": shares(ours()(checkpoint), questions()),
        "share of the peak, real tokens only": [round(total / turn["seconds"] / peak, 3) for turn, peak in zip(turns[OURS], peaks)],
    }
    write_json(Path(result), content | environment())
    print(content)


if __name__ == "__main__":
    worker(*sys.argv[2:]) if sys.argv[1] == "worker" else main(*sys.argv[1:])
