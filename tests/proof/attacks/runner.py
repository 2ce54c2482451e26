"""Runs the table of attacks on a runtime and an engine, and judges how each ended."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import secrets
import subprocess
import sys
from typing import Any

from tests.proof.attacks.table import ENDS
from tests.support import ROOT

#: What the group "policy", and limits of other types, try to get past.
CEILING = "fuel=1e9,memory=128MiB,timeout=30s,output=4MiB"
#: Seconds past the deadline that a busy machine may need.
MARGIN_S = 20.0
#: What Python may hold for a run besides the sandbox's memory, and what may stay afterwards.
PEAK_MIB, KEPT_MIB = 64, 32
#: Bytes that a page, an error or a message may show, where an attack has no bound of its own.
SHOWN_BYTES = 1 << 20
#: Markup that a page would act on.
_LIVE = re.compile(r"<(?!/?(?:pre|div|span)\b)|<[^>]*\s(?:on\w+|href|src)\s*=", re.IGNORECASE)
#: What moves a cursor, or changes the order or the look of what stands around it.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def run(attacks, runtime, engine, processes=2):
    """How each attack ended, by its id."""
    jobs: list[tuple[list[Any], bool]] = []
    for under_ceiling in (False, True):
        group = [attack for attack in attacks if attack["under_ceiling"] == under_ceiling]
        # Interleaved, so that the processes share the expensive groups.
        jobs += [(group[part::processes], under_ceiling) for part in range(processes)]
    with concurrent.futures.ThreadPoolExecutor(processes) as pool:
        answers = pool.map(lambda job: _driven(job[0], job[1], runtime, engine), jobs)
        return {answer["id"]: answer for part in answers for answer in part}


def _driven(attacks, under_ceiling, runtime, engine):
    canary = secrets.token_hex(16)
    environment = {**os.environ, "JQ_MAGIC_CANARY": canary}
    environment.pop("JQ_MAGIC_CEILING", None)
    if under_ceiling:
        environment["JQ_MAGIC_CEILING"] = CEILING
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.attacks.driver", runtime, engine],
        input="".join(json.dumps(attack) + "\n" for attack in attacks),
        capture_output=True, text=True, cwd=ROOT, env=environment, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"the driver ended with {done.returncode}: {done.stderr[-2000:]}")
    return [json.loads(answer) for answer in done.stdout.splitlines()]


def faults(attack, answer, engine, margin_s=MARGIN_S):
    """What is wrong with how an attack ended; an empty list when the promise was kept."""
    if answer["status"] != 0:
        return [f"the process ended with status {answer['status']}"]
    limits, kind = attack["limits"], attack["kind"]
    most_cpu_s = attack.get("cpu_s", limits["deadline_s"] + margin_s)
    most_peak_mib = attack.get("peak_mib", limits["memory_bytes"] / 2**20 + PEAK_MIB)
    most_shown = attack.get("shown_bytes", SHOWN_BYTES)
    # Engines differ in what they have: another one keeps the promise with any end of ours.
    ends = attack["ends"]
    if engine != "magic" and kind == "program" and ends != "deadline":
        ends = "any"
    runs = kind in {"program", "bundle"}
    # A program that is refused before it runs has used nothing.
    untold = answer["is_limit"] and not answer["has_usage"] and not answer["refused"]
    page = answer["said"] if kind == "bundle" else ""
    shown = answer["shown"] or page
    found = [
        (answer["end"] not in ENDS[ends], f"it ended with {answer['end']} ({answer['said'][:200]!r}), not {ends}"),
        (answer["wall_s"] > limits["deadline_s"] + margin_s, f"it took {answer['wall_s']:.2f} s"),
        (answer["cpu_s"] > most_cpu_s, f"it took {answer['cpu_s']:.2f} s of the processor, of {most_cpu_s:g}"),
        (answer["peak_mib"] > most_peak_mib, f"it took {answer['peak_mib']:.0f} MiB, of {most_peak_mib:.0f}"),
        (answer["shown_bytes"] > most_shown, f"{answer['shown_bytes']:,} bytes are shown, of {most_shown:,}"),
        (answer["kept_mib"] > attack.get("kept_mib", KEPT_MIB), f"{answer['kept_mib']:.0f} MiB stayed resident"),
        (runs and answer["events"], f"Python saw {', '.join(answer['events'])} during the run"),
        (answer["canary"], "what it said has the canary of the environment"),
        (answer["after"] != [2], f"1 + 1 gave {answer['after']} afterwards"),
        (answer["descriptors"] > 0, f"{answer['descriptors']} descriptors were left open"),
        (untold, "the error does not say what was used"),
        (_LIVE.search(page[page.find("<pre") :]), "the page would act on it"),
        (_CONTROL.search(shown), f"control characters reach the terminal: {shown[:200]!r}"),
    ]
    return [fault for is_fault, fault in found if is_fault]
