/* Declares what the guest's sources share: the control block, texts with a limit, the JSON writer. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jv.h"

/* ---- the interface to the host: wasm/shared/src/lib.rs describes it ---- */

/* A piece of linear memory, as the host and the guest name it to each other. */
struct span {
  uint32_t start, length;
};

/* Requests of the host and replies of the guest. */
struct control {
  struct span program, args, input;
  uint32_t flags, depth;
  double now;
  uint32_t output_bytes, outputs, batch_bytes, batch_outputs;
  uint32_t reserved[2];
  struct span out;
  uint32_t out_count;
  struct span error, messages;
  int32_t exit_code;
  uint32_t marker, marker_bytes, inputs_read, input_offset;
  uint64_t written;
  uint32_t reserved_reply[2];
};

enum flag { RAW_INPUT = 1, SLURP = 2, NULL_INPUT = 4, SORT_KEYS = 8 };
enum status { MORE, DONE, PROGRAM, INPUT, FILTER, HALT, LIMIT };
enum marker { OUT_OF_MEMORY = 1, PANIC = 2 };

extern struct control control;

/* ---- guest.c: called by jq's edited sources ---- */

/* How deep jq's own parser may nest: the run's limit for its input, jq's own limit in `fromjson`. */
extern int guest_parsing_depth;
/* Byte offset at which a parser gave up last, or -1. */
extern int guest_parsing_end;
/* Keep a mistake that jq's compiler found; locfile_locate calls this for each. */
void guest_mistake(const char *message, int start, int end);
/* Answer input_line_number. */
int guest_input_lines(void);

/* ---- libc.c: the end of an instance ---- */

/* Tell the host why, and trap. */
_Noreturn void out_of_memory(size_t bytes);
_Noreturn void panic(const char *message);

/* ---- text.c: bytes that grow up to a limit, and JSON text in them ---- */

struct text {
  char *start;
  size_t length, capacity, limit;
  /* Where the host looks for the bytes, even after a trap: changed before the old memory is freed. */
  struct span *published;
};

/* Add bytes; return false, with nothing added, when that would go past the limit. */
bool text_add(struct text *text, const char *bytes, size_t length);

enum written { WRITTEN, TOO_LONG, TOO_DEEP };

/* Add the JSON text of `value`, which stays the caller's. After a refusal, the bytes added before it stay. */
enum written text_add_json(struct text *text, jv value, uint32_t depth, bool sort_keys);

/* Add bytes as a JSON string. */
enum written text_add_string(struct text *text, const char *bytes, size_t length);

#endif
