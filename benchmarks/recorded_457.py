"""What the pipeline("question-answering") of transformers 4.57 answers on packaged questions, recorded so that page 12 compares on every run.

Two steps, since the two need different environments. Here, for a checkpoint of the packaged encoder with a head that needs no training:

    python benchmarks/recorded_457.py checkpoint FOLDER

and where transformers is below 5 (see pipeline_457.py):

    python benchmarks/recorded_457.py record FOLDER benchmarks/results/recorded_457.json
"""
import json
import sys
from pathlib import Path

CALLS = [
    {},
    {"max_seq_len": 64, "doc_stride": 24},
    {"top_k": 3},
    {"max_seq_len": 64, "doc_stride": 24, "top_k": 3},
    {"handle_impossible_answer": True},
    {"handle_impossible_answer": True, "max_seq_len": 64, "doc_stride": 24, "top_k": 3},
    {"align_to_words": False},
    {"max_answer_len": 4},
]


def checkpoint(folder):
    "The packaged encoder with a head of fixed numbers: it answers nonsense, but the same nonsense everywhere."
    import torch

    from squad_tutorial.model import load_model

    model, tokenizer = load_model()
    with torch.no_grad():
        model.qa_outputs.weight.copy_((364 * torch.arange(768.0)).reshape(2, 384).sin())  # with 364, "no answer" wins sometimes
        model.qa_outputs.bias.zero_()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def questions():
    "The first question of every packaged validation paragraph: id, question, context."
    path = Path(__file__).parent.parent / "squad_tutorial" / "pocket" / "validation.json"
    paragraphs = [paragraph for article in json.loads(path.read_text(encoding="utf-8"))["data"] for paragraph in article["paragraphs"]]
    return [(paragraph["qas"][0]["id"], paragraph["qas"][0]["question"], paragraph["context"]) for paragraph in paragraphs]


def record(folder, result):
    "Every call's answers by question id, [start, end, score] each, best first."
    import transformers

    qa = transformers.pipeline("question-answering", model=folder, tokenizer=folder, device=-1)
    calls = []
    for arguments in CALLS:
        answers = {}
        for name, question, context in questions():
            found = qa(question=question, context=context, **arguments)
            answers[name] = [[a["start"], a["end"], round(a["score"], 7)] for a in (found if isinstance(found, list) else [found])]
        calls.append({"arguments": arguments, "answers": answers})
    text = json.dumps({"reference": f"transformers {transformers.__version__}", "calls": calls})
    Path(result).write_text(text.replace(']], "', ']],\n"') + "\n")


if __name__ == "__main__":
    {"checkpoint": checkpoint, "record": record}[sys.argv[1]](*sys.argv[2:])
