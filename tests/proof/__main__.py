"""The whole proof of the sandbox's promise, with a report as JSON and a page.

    python -m tests.proof [--quick] [--out build]
    python -m tests.proof --table build/proof.json

Every attack on every runtime and guest, with the deadline held to half a second; hostile modules and the cache;
the soak of 100,000 runs and 1,000 interrupts; a hundred kernels and a thousand cells; the tests of threads, signals,
forks and pickles with each Python that is there, from 3.10 to 3.14. Ends with 1 when any part of the promise was not
kept.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import html
import itertools
import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jq_magic
from jq_magic.guest.module import manifest
from tests.proof import pythons
from tests.proof.attacks import runner, table
from tests.support import ROOT, TESTS

#: Seconds past its deadline that an attack may take.
MARGIN_S = 0.5
FILES = (
    "guest/test_hostile_guest.py",
    "guest/test_guest.py",
    "wasm_runtimes/test_cache.py",
    "limits/test_ceiling.py",
    "limits/test_limits.py",
    "run/test_lease.py",
    "run/test_worker.py",
)


def attacks(runtime: str, engine: str) -> dict[str, Any]:
    """Every attack of the table, group by group."""
    all_attacks = table.attacks()
    began = time.perf_counter()
    # One at a time: what is measured is the sandbox, not the other attack.
    answers = runner.run(all_attacks, runtime, engine, processes=1)
    groups: dict[str, dict[str, Any]] = {}
    failed: list[str] = []
    for name, members in itertools.groupby(all_attacks, key=lambda attack: attack["group"]):
        found = [(attack, answers[attack["id"]]) for attack in members]
        for attack, answer in found:
            failed += [f"{attack['id']}: {fault}" for fault in runner.faults(attack, answer, engine, MARGIN_S)]
        groups[name] = {
            "attacks": len(found),
            "ends": dict(collections.Counter(answer["end"] for _, answer in found).most_common()),
            "longest_s": round(max(answer.get("wall_s", 0.0) for _, answer in found), 2),
            "largest_peak_mib": round(max(answer.get("peak_mib", 0.0) for _, answer in found), 1),
            "largest_kept_mib": round(max(answer.get("kept_mib", 0.0) for _, answer in found), 1),
        }
    seconds = round(time.perf_counter() - began, 1)
    return {"ok": not failed, "attacks": len(all_attacks), "failed": failed, "groups": groups, "seconds": seconds}


def tests() -> dict[str, Any]:
    """The tests of modules that lie, of the cache, of ceilings and limits."""
    command = [sys.executable, "-m", "pytest", "-q", *(str(TESTS / name) for name in FILES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return {"ok": done.returncode == 0, "files": FILES, "said": done.stdout.splitlines()[-1:]}


def soak(*, quick: bool) -> dict[str, Any]:
    """The soak, as soak.py reports it."""
    amounts = ["--runs", "2000", "--interrupts", "100"] if quick else []
    return reported(str(TESTS / "proof" / "soak.py"), *amounts)


def kernels(*, quick: bool) -> dict[str, Any]:
    """Many kernels and many cells, as kernels.py reports them."""
    amounts = ["--kernels", "4", "--cells", "100"] if quick else []
    return reported("-m", "tests.proof.kernels", *amounts)


def reported(*arguments: str) -> dict[str, Any]:
    """Run a part that is a program of its own, and give the report that it prints."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout) if done.stdout else {"said": done.stderr[-2000:]}
    return {"ok": done.returncode == 0, **report}


def printed(part: dict[str, Any]) -> dict[str, Any]:
    """Print what failed in a part as soon as it has ended: all of them take hours on a busy machine."""
    for line in part.get("failed", []):
        print(f"[proof]   {line[:300]}", flush=True)
    return part


def verdict(part: dict[str, Any]) -> str:
    """Whether a part of the promise was kept, or what this machine lacks for it."""
    missing: str = part.get("missing", "")
    return missing or ("kept" if part["ok"] else "NOT KEPT")


def page(report: dict[str, Any]) -> str:
    """The report as one page without scripts."""
    rows = []
    for name, part in report["parts"].items():
        rows.append(f"<tr><th colspan=6>{html.escape(name)}: {verdict(part)}</th></tr>")
        for group, found in part.get("groups", {}).items():
            ends = ", ".join(f"{end} {count}" for end, count in found["ends"].items())
            cells = (
                group, found["attacks"], ends, f"{found['longest_s']} s", f"{found['largest_peak_mib']} MiB",
                f"{found['largest_kept_mib']} MiB",
            )  # fmt: skip
            rows.append("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>")
        rest = {key: value for key, value in part.items() if key not in {"groups", "ok"}}
        rows.append(f"<tr><td colspan=6><pre>{html.escape(json.dumps(rest, indent=1))}</pre></td></tr>")
    about = html.escape(json.dumps({key: value for key, value in report.items() if key != "parts"}, indent=1))
    return (
        "<!doctype html><meta charset=utf-8><title>Proof of the sandbox's promise</title>"
        "<style>body{font:14px sans-serif;max-width:70em;margin:2em auto}td,th{text-align:left;padding:2px 12px 2px 0;"
        "vertical-align:top}pre{white-space:pre-wrap;margin:0}</style>"
        f"<h1>Proof of the sandbox's promise</h1><pre>{about}</pre><table>"
        "<tr><th>group<th>attacks<th>how they ended<th>longest<th>largest peak<th>most kept</tr>"
        f"{''.join(rows)}</table>\n"
    )


def table_of(report: dict[str, Any]) -> str:
    """The report's figures as they stand in SECURITY.md."""
    lines = [f"Measured on {report['machine']}, CPython {report['python']}, {report['when'][:10]}.", ""]
    for name, part in report["parts"].items():
        if "groups" in part:
            kept = "every one kept" if part["ok"] else "NOT ALL kept"
            lines += [
                f"{part['attacks']} {name}: {kept} the promise.",
                "",
                "| group | attacks | how they ended | longest | largest peak | most kept |",
                "|---|---|---|---|---|---|",
            ]
        for group, found in part.get("groups", {}).items():
            ends = ", ".join(f"{end} {count}" for end, count in found["ends"].items())
            figures = f"{found['longest_s']} s | {found['largest_peak_mib']} MiB | {found['largest_kept_mib']} MiB"
            lines.append(f"| {group} | {found['attacks']} | {ends} | {figures} |")
        if "groups" in part:
            lines.append("")
    found = report["parts"]["soak"]
    runs, interrupts = found["soak"], found["interrupts"]
    quarters = ", ".join(f"{size} MiB" for size in runs["resident_mib_by_quarter"])
    versions = [version for version in pythons.VERSIONS if f"the host on Python {version}" in report["parts"]]
    if versions:
        tested = [f"{version} {verdict(report['parts'][f'the host on Python {version}'])}" for version in versions]
        lines += [f"The tests of the host with each Python: {', '.join(tested)}.", ""]
    lines.append(
        f"Soak: {runs['runs']:,} runs on {runs['threads']} threads, resident by quarter {quarters}; "
        f"{len(runs['wrong'])} wrong results.\n"
        f"{interrupts['interrupts']:,} interrupts: {len(interrupts['wrong'])} wrong."
    )
    found = report["parts"]["kernels"]
    cells, many = found["cells"], found["kernels"]
    quarters = ", ".join(f"{size} MiB" for size in cells["resident_mib_by_quarter"])
    lines.append(
        f"A kernel `jq` after {cells['cells']:,} cells: resident by quarter {quarters}; {len(cells['wrong'])} wrong.\n"
        f"{many['kernels']} kernels at once, {many['own_mib_of_one']} MiB of memory each: {len(many['wrong'])} wrong."
    )
    return "\n".join(lines)


def keep_table(report: dict[str, Any]) -> None:
    """Write the figures into SECURITY.md."""
    path = ROOT / "SECURITY.md"
    before, _, rest = path.read_text().partition("<!-- figures -->\n")
    after = rest.partition("<!-- end of figures -->")[2]
    path.write_text(f"{before}<!-- figures -->\n{table_of(report)}\n<!-- end of figures -->{after}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a short soak")
    parser.add_argument("--out", type=Path, default=ROOT / "build")
    parser.add_argument(
        "--table", type=Path, metavar="REPORT", help="write a report's figures into SECURITY.md and end"
    )
    options = parser.parse_args()
    if options.table:
        keep_table(json.loads(options.table.read_text()))
        return
    parts: dict[str, dict[str, Any]] = {}
    for runtime, engine in itertools.product(jq_magic.runtimes(), jq_magic.engines()):
        print(f"[proof] {len(table.attacks())} attacks on {runtime} with {engine}", flush=True)
        parts[f"attacks on {runtime} with {engine}"] = printed(attacks(runtime, engine))
    print("[proof] modules that lie, the cache, ceilings, limits", flush=True)
    parts["modules, cache, ceilings, limits"] = tests()
    for version in pythons.VERSIONS:
        print(f"[proof] the host on Python {version}", flush=True)
        parts[f"the host on Python {version}"] = printed(pythons.tested(version))
    print("[proof] soak", flush=True)
    parts["soak"] = soak(quick=options.quick)
    print("[proof] kernels and cells", flush=True)
    parts["kernels"] = kernels(quick=options.quick)
    report: dict[str, Any] = {
        "jq_magic": jq_magic.__version__,
        "guests": {engine: manifest(engine)["sha256"] for engine in jq_magic.engines()},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "parts": parts,
    }
    options.out.mkdir(exist_ok=True)
    (options.out / "proof.json").write_text(json.dumps(report, indent=1) + "\n")
    (options.out / "proof.html").write_text(page(report))
    for name, part in parts.items():
        print(f"[proof] {name}: {verdict(part)}")
    print(f"[proof] {options.out / 'proof.json'}, {options.out / 'proof.html'}")
    raise SystemExit(0 if all(part["ok"] for part in parts.values()) else 1)


if __name__ == "__main__":
    main()
