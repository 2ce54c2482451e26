"""What is changed in jq's sources before they are compiled, each place with its reason.

An edit names text that must stand in its file exactly once, so a new release of jq is noticed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Edit:
    """One replacement.

    Attributes:
        file: Path in jq's release.
        before: Text that stands there exactly once.
        after: What stands there instead.
        reason: Why.

    """

    file: str
    before: str
    after: str
    reason: str


EDITS = (
    Edit(
        "src/builtin.c",
        "  type value; \\\n  double d = name(jv_number_value(input), &value); \\",
        "  type value = 0; \\\n  double d = name(jv_number_value(input), &value); \\",
        "musl's frexp leaves the exponent of infinities and NaN unset, and what is on the stack would be shown",
    ),
    Edit(
        "src/builtin.c",
        '#include "libm.h"\n#undef LIBM_DDDD_NO\n',
        '#define nexttoward nextafter\n#include "libm.h"\n#undef LIBM_DDDD_NO\n',
        "long double does not cross the multi-value ABI; every argument is a double anyway",
    ),
    Edit(
        "src/builtin.c",
        "int builtins_bind(jq_state *jq, block* bb) {\n  block builtins;\n",
        "static block guest_builtins;\n\nvoid guest_prepare_builtins(jq_state *jq) {\n  block builtins;\n",
        "the definitions are parsed once, when the snapshot is made",
    ),
    Edit(
        "src/builtin.c",
        "  builtins = gen_builtin_list(builtins);\n\n"
        "  *bb = block_bind_referenced(builtins, *bb, OP_IS_CALL_PSEUDO);\n  return nerrors;\n}",
        "  guest_builtins = gen_builtin_list(builtins);\n}\n\n"
        "int builtins_bind(jq_state *jq, block* bb) {\n"
        "  *bb = block_bind_referenced(guest_builtins, *bb, OP_IS_CALL_PSEUDO);\n  return 0;\n}",
        "an instance compiles one program, which may use up what was parsed",
    ),
    Edit(
        "src/builtin.c",
        "  return jq_util_input_get_current_line(jq);\n",
        "  extern int guest_input_lines(void);\n  return jv_number(guest_input_lines());\n",
        "the input is the guest's, not one of jq's files",
    ),
    Edit(
        "src/compile.c",
        "    if (block_bind_subblock(b, body, bindflags, 0) == 0) {\n      block_free(b);\n    } else {\n"
        "      body = BLOCK(b, body);\n    }\n",
        "    if (block_bind_subblock(b, body, bindflags, 0) != 0)\n      body = BLOCK(b, body);\n",
        "the instance is thrown away after the run, and freeing unused definitions would touch every page of them",
    ),
    Edit(
        "src/jv.c",
        "  jvp_array* a = jv_mem_alloc(sizeof(jvp_array) + sizeof(jv) * size);\n",
        "  extern _Noreturn void out_of_memory(size_t);\n"
        "  if (size > (0x7fffffffu - sizeof(jvp_array)) / sizeof(jv)) out_of_memory(0x7fffffffu);\n"
        "  jvp_array* a = jv_mem_alloc(sizeof(jvp_array) + sizeof(jv) * size);\n",
        "with addresses of 32 bits this product wraps round, and what is written then corrupts the heap",
    ),
    Edit(
        "src/jv_parse.c",
        "      p->curr_buf = 0;\n      p->curr_buf_pos = 0;\n    } // Else",
        "      extern int guest_parsing_end;\n      guest_parsing_end = p->curr_buf_pos - 1;\n"
        "      p->curr_buf = 0;\n      p->curr_buf_pos = 0;\n    } // Else",
        "the host shows the place itself, and needs it in bytes",
    ),
    Edit(
        "src/locfile.c",
        "  if (loc.start == -1) {\n    jq_report_error(",
        "  extern void guest_mistake(const char *, int, int);\n"
        "  guest_mistake(jv_string_value(m1), loc.start == -1 ? 0 : loc.start, loc.start == -1 ? 0 : loc.end);\n"
        "  if (loc.start == -1) {\n    jq_report_error(",
        "the host shows the place itself, and needs it in bytes",
    ),
)


def apply(release: Path) -> None:
    """Edit an unpacked release in place. Raises: ValueError when a text is not there exactly once."""
    for edit in EDITS:
        path = release / edit.file
        text = path.read_text()
        if text.count(edit.before) != 1:
            raise ValueError(f"{edit.file} does not have once what is to be edited because {edit.reason}")
        path.write_text(text.replace(edit.before, edit.after))
