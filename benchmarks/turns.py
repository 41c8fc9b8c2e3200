"""Programs that take turns, each a process of its own: what slows the machine slows all, and what one leaves in memory slows no other."""
import json
import subprocess
import sys
import time


def work(function):
    "In a worker: calls `function` once for each line that is read, and writes how many seconds it took, with the dict that it may give."
    for _ in sys.stdin:
        began = time.perf_counter()
        result = function()
        print(json.dumps({"seconds": time.perf_counter() - began} | (result or {})), flush=True)


def take_turns(commands, rounds):
    """Starts the workers `commands` (name -> command) and lets each work once a round; a round before the first only warms up.

    Gives what each wrote: a list of dicts for each name.
    """
    workers = {name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") for name, command in commands.items()}
    turns = {name: [] for name in workers}
    for _ in range(rounds + 1):
        for name, process in workers.items():
            print("go", file=process.stdin, flush=True)
            line = next((line for line in process.stdout if line.startswith('{"seconds"')), None)
            if line is None:
                sys.exit(f"{name}: ended without a result; its error stands above")
            turns[name].append(json.loads(line))
    for process in workers.values():
        process.communicate()
    return {name: some[1:] for name, some in turns.items()}


def ratios(seconds):
    "The seconds of every way divided by ours in the same round."
    return {way: [round(a / b, 2) for a, b in zip(values, seconds["squad_tutorial"])] for way, values in seconds.items()}
