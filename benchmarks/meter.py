"""What the meter costs: time and count of each form of the guest, in one interleaved run.

    python benchmarks/meter.py [--rounds N] [--packer FILE]

Times are against the unmetered guest, counts against wasmtime's own fuel; all outputs must be equal.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from evaluation import EVALUATION
from meter_runs import METERED, OWN, UNMETERED, Form, Run
from vega_datasets import local_data

#: Filters over the cars of vega_datasets, read as often as the number says.
DATA = {
    "identity": (".", 20),
    "select": (".[] | select(.Horsepower != null and .Horsepower > 100) | {Name, Horsepower}", 20),
    "aggregate": ("group_by(.Origin) | map({origin: .[0].Origin, n: length})", 20),
    "regex": ('[.[] | .Name | select(test("^the .*[aeiou]$"))] | length', 10),
    "reshape": ("map(with_entries(select(.value != null))) | length", 5),
}


def inputs() -> dict[str, tuple[str, str]]:
    """Program and input text of every benchmark, by name."""
    cars = Path(local_data.cars.filepath).read_text()
    found = {name: (program, str(size)) for name, (program, size) in EVALUATION.items()}
    return found | {name: (program, "\n".join([cars] * times)) for name, (program, times) in DATA.items()}


def mean(ratios: list[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def measure(forms: list[Form], rounds: int) -> dict[str, dict[str, Run]]:
    """The fastest run of each form, by benchmark and form. Raises: ValueError when outputs differ."""
    best: dict[str, dict[str, Run]] = {}
    for name, (program, text) in inputs().items():
        found = best.setdefault(name, {})
        for turn in range(rounds):
            # The order turns, so that no form always runs in the wake of the same one.
            for form in forms[turn % len(forms) :] + forms[: turn % len(forms)]:
                run = form.run(program, text)
                if form.name not in found or run.wall_s < found[form.name].wall_s:
                    found[form.name] = run
        if len({run.outcome for run in found.values()}) != 1:
            raise ValueError(f"{name}: the forms of the guest give different outputs")
    return best


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--packer", type=Path, help="another jq-magic-pack")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    forms = [Form(name, options.packer) for name in (UNMETERED, METERED, OWN)]
    best = measure(forms, options.rounds)
    names = [form.name for form in forms]
    print(f"{'time / unmetered':18}" + "".join(f"{name:>12}" for name in names) + "   count / wasmtime")
    times: dict[str, list[float]] = {name: [] for name in names}
    counts: dict[str, list[float]] = {name: [] for name in names if name not in {UNMETERED, OWN}}
    for benchmark, runs in best.items():
        for name in names:
            times[name].append(runs[name].wall_s / runs[UNMETERED].wall_s)
        for name, found in counts.items():
            found.append(runs[name].fuel / runs[OWN].fuel)
        line = "".join(f"{times[name][-1]:12.3f}" for name in names)
        print(f"{benchmark:18}{line}   " + "  ".join(f"{name} {found[-1]:.6g}" for name, found in counts.items()))
    print(f"{'geometric mean':18}" + "".join(f"{mean(times[name]):12.3f}" for name in names))
    print(f"{'compile, s':18}" + "".join(f"{form.compile_s:12.2f}" for form in forms))
    for name, found in counts.items():
        print(f"{name}: count {min(found):.6g} to {max(found):.6g}, geometric mean {mean(found):.6g}")
    if options.json:
        figures = {
            name: {form: {"fuel": run.fuel, "wall_s": run.wall_s} for form, run in runs.items()}
            for name, runs in best.items()
        }
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
