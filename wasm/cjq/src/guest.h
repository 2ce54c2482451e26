/* What the parts of the guest share: the control block, texts with a limit, the JSON writer. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jv.h"

/* A piece of linear memory, as the host and the guest name it to each other. */
struct span {
  uint32_t start, length;
};

/* Requests of the host and replies of the guest; wasm/guest/src/lib.rs describes the layout. */
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

extern struct control control;

/* Why the guest traps, for the host. */
enum marker { OUT_OF_MEMORY = 1, PANIC = 2 };

/* Tell the host and trap. */
_Noreturn void out_of_memory(size_t bytes);
_Noreturn void panic(const char *message);

/* Bytes that grow up to a limit. */
struct text {
  char *start;
  size_t length, capacity, limit;
  /* Where the host finds it, even when the guest traps: moved before the old memory goes. */
  struct span *found;
};

/* Add bytes; false, with nothing added, when that would go past the limit. */
bool text_add(struct text *text, const char *bytes, size_t length);

enum written { WRITTEN, TOO_LONG, TOO_DEEP };

/* Add the JSON text of `value`, which stays the caller's; what was added before a refusal stays. */
enum written text_add_json(struct text *text, jv value, uint32_t depth, bool sort_keys);

/* Add bytes as a JSON string. */
enum written text_add_string(struct text *text, const char *bytes, size_t length);

/* How deep jq's own parser may nest: the limit of the run for its input, jq's own in `fromjson`. */
extern int guest_parsing_depth;

/* Where jq's compiler found a mistake: called for each by locfile_locate. */
void guest_mistake(const char *message, int start, int end);

/* What input_line_number answers. */
int guest_input_lines(void);

#endif
