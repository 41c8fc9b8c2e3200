"""`QuestionAnswerer` beside the pipeline("question-answering") of transformers 4.57, on real questions.

Two steps, since the two need different environments. Where transformers is below 5 (pip install 'transformers==4.57.6' 'huggingface-hub<1' torch):

    python benchmarks/pipeline_457.py record CHECKPOINT dev-v1.1.json.gz ANSWERS.json

and here:

    python benchmarks/pipeline_457.py compare CHECKPOINT dev-v1.1.json.gz ANSWERS.json RESULT.json

ANSWERS.json holds pieces of SQuAD and stays where it is; RESULT.json holds numbers only.
"""
import gzip
import hashlib
import json
import random
import sys
from pathlib import Path

import transformers

SETTINGS = {"384 tokens": (384, 128), "96 tokens": (96, 32)}  # max_seq_len, doc_stride; the first are the defaults


def sample(path):
    "1,000 random questions: rows with id, question, context and answer texts."
    articles = json.load(gzip.open(path, "rt", encoding="utf-8"))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    rows = [
        {"id": qa["id"], "question": qa["question"], "context": paragraph["context"], "texts": [answer["text"] for answer in qa["answers"]]}
        for paragraph in paragraphs
        for qa in paragraph["qas"]
    ]
    return random.Random(0).sample(rows, 1000)


def digest(checkpoint):
    "The sha256 of a checkpoint's weights."
    return hashlib.sha256(Path(checkpoint, "model.safetensors").read_bytes()).hexdigest()


def record(checkpoint, rows):
    "The pipeline's best answers, and the version that gave them."
    qa = transformers.pipeline("question-answering", model=checkpoint, tokenizer=checkpoint, device=-1)
    answers = {
        name: [qa(question=row["question"], context=row["context"], max_seq_len=length, doc_stride=stride) for row in rows]
        for name, (length, stride) in SETTINGS.items()
    }
    return {"transformers": transformers.__version__, "weights": digest(checkpoint), "answers": answers}


def compare(checkpoint, rows, recorded):
    "Counts of equal answers and scores, for both ways to score, and the accuracy of all."
    from squad_tutorial.answerer import QuestionAnswerer
    from squad_tutorial.evaluation import question_scores
    from squad_tutorial.tutorial import environment

    if digest(checkpoint) != recorded["weights"]:
        sys.exit(f"{checkpoint}: the recorded answers are those of other weights; record again")
    qa = QuestionAnswerer(checkpoint, device=-1)
    questions, contexts = [[row[name] for row in rows] for name in ("question", "context")]
    references = [{"id": row["id"], "answers": {"text": row["texts"]}} for row in rows]
    result = {}
    for name, (length, stride) in SETTINGS.items():
        theirs = recorded["answers"][name]
        windows = qa.tokenizer(questions, contexts, max_length=length, stride=stride, truncation="only_second", return_overflowing_tokens=True)
        answers = {f'scores="{scores}"': qa(questions, contexts, scores=scores, max_seq_len=length, doc_stride=stride) for scores in ("window", "question")}
        for way, ours in {"transformers 4.57": theirs, **answers}.items():
            accuracy = 100 * question_scores({row["id"]: answer["answer"] for row, answer in zip(rows, ours)}, references).mean()
            pairs = list(zip(ours, theirs))
            result[f"{name}, {way}"] = {
                "questions": len(rows),
                "windows": len(windows["input_ids"]),
                "same answer": sum(a["answer"] == b["answer"] for a, b in pairs),
                "same place": sum(a["start"] == b["start"] and a["end"] == b["end"] for a, b in pairs),
                "score within 0.001": sum(abs(a["score"] - b["score"]) < 1e-3 for a, b in pairs),
                "score above 1": sum(answer["score"] > 1 for answer in ours),
                **accuracy.round(2),
            }
    return {"reference": f"transformers {recorded['transformers']}", "weights_sha256": recorded["weights"]} | environment() | {"comparison": result}


def main(step, checkpoint, squad, answers, result=None):
    rows = sample(squad)
    if step == "record":
        Path(answers).write_text(json.dumps(record(checkpoint, rows)))
    else:
        Path(result).write_text(json.dumps(compare(checkpoint, rows, json.loads(Path(answers).read_text())), indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
