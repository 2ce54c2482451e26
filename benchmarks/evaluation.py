"""Programs whose time is spent in the evaluation of filters, with the number that each is given."""

from __future__ import annotations

#: Those that the meter is measured with.
EVALUATION = {
    "reduce": ("reduce range(.) as $i (0; . + $i)", 400_000),
    "array": ("[range(.)] | map(. + 1) | length", 200_000),
    "sort": ("[range(.) | -.] | sort | .[0]", 100_000),
    "group_by": ("[range(.)] | group_by(. % 100) | map(length) | add", 50_000),
    "object": ("[range(.) | {key: tostring, value: .}] | from_entries | length", 40_000),
    "update": ("[range(.)] | .[] += 1 | last", 100_000),
    "fib": ("def f: if . < 2 then . else (. - 1 | f) + (. - 2 | f) end; f", 21),
    "try": ("[range(.) | try error catch .] | length", 100_000),
    "strings": ('[range(.) | "\\(.)-x" | split("-") | join("_") | length] | add', 40_000),
    "tree": ("def t: if . == 0 then 1 else [. - 1 | t, t] end; [t | .. | numbers] | length", 14),
}
#: More kinds of work, for the comparison with others.
MORE_EVALUATION = {
    "ackermann": (
        (
            "def a($m; $n): if $m == 0 then $n + 1 elif $n == 0 then a($m - 1; 1) else a($m - 1; a($m; $n - 1)) end;"
            " . as $n | a(2; $n)"
        ),
        100,
    ),
    "running sums": ("[foreach range(.) as $i (0; . + $i)] | .[-1]", 200_000),
    "reverse": ("[range(.)] | reverse | .[0]", 400_000),
    "paths": ("def t: if . == 0 then 1 else [. - 1 | t, t] end; [t | paths] | length", 13),
    "update by path": (
        "def t: if . == 0 then 1 else [. - 1 | t, t] end; t | (.. | numbers) |= . + 1 | [..] | length",
        12,
    ),
    "collatz": (
        "[range(1; .) | [while(. != 1; if . % 2 == 0 then . / 2 else . * 3 + 1 end)] | length] | max",
        1_000,
    ),
    "primes": (
        "[range(2; .) | select(. as $c | all(range(2; $c | sqrt | floor + 1); $c % . != 0))] | length",
        2_000,
    ),
    "code points": ("[range(.) | [97 + . % 26] | implode] | add | explode | length", 50_000),
    "slices": ('"abcdefghij" * . | [range(0; length; 7) as $i | .[$i:$i + 3]] | length', 300),
    "object updates": ("reduce range(.) as $i ({}; .[$i % 1000 | tostring] += $i) | length", 50_000),
    "minimum": ("[range(.) | (. * 7919) % 10007] | [min, max, (map(-.) | min)]", 100_000),
}
