/* Serves the calls through which the host drives one run of jq, compiled to a bare WebAssembly module.

   The interface is that of the guest in Rust: wasm/shared/src/lib.rs describes the calls, the control
   block, the statuses and the error objects. */
#include <oniguruma.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "jq.h"
#include "jv.h"

#define EXPORT(name) __attribute__((export_name(name), used))

__attribute__((used)) struct control control;
/* The host sets it to -1 to end a call; the meter's checks read it. */
__attribute__((used, aligned(8))) volatile int64_t stop_word;

static jq_state *jq;
static struct text batch = {.published = &control.out};
static bool is_running, null_is_due;
static uint32_t outputs;

/* The limit for which the run ends. */
static struct {
  bool is_set;
  const char *limit, *where;
  uint32_t allowed;
} fault;

/* End the run for a reason that no filter raised, so that `try` cannot catch it. The first reason counts. */
static void end_run(const char *limit, const char *where, uint32_t allowed) {
  if (!fault.is_set) {
    fault.is_set = true;
    fault.limit = limit;
    fault.where = where;
    fault.allowed = allowed;
  }
  if (!jq_halted(jq)) jq_halt(jq, jv_invalid(), jv_invalid());
}

/* How many bytes of output and messages may still be written. */
static size_t bytes_left(void) { return (size_t)(control.output_bytes - control.written); }

/* The parts, in the order in which they use one another. */
#include "input.h"
#include "error.h"
#include "messages.h"
#include "program.h"

static void on_no_memory(void *data) {
  (void)data;
  out_of_memory(1);
}

extern void __wasm_call_ctors(void);
extern void guest_prepare_builtins(jq_state *state);

/* Parse jq's definitions. The build runs this once and keeps the memory it leaves. */
EXPORT("init") void init(void) {
  __wasm_call_ctors();
  /* The jq command sets the same limit. */
  onig_set_parse_depth_limit(1024);
  jq = jq_init();
  if (!jq) panic("jq cannot be initialised");
  jq_set_nomem_handler(jq, on_no_memory, NULL);
  jq_set_error_cb(jq, program_on_message, NULL);
  jq_set_debug_cb(jq, messages_on_debug, NULL);
  jq_set_stderr_cb(jq, messages_on_stderr, NULL);
  jq_set_input_cb(jq, input_next, NULL);
  /* Paths of modules are relative to these; jq asserts that they are strings. */
  jq_set_attr(jq, jv_string("JQ_ORIGIN"), jv_string("/"));
  jq_set_attr(jq, jv_string("PROGRAM_ORIGIN"), jv_string("/"));
  jq_set_attr(jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
  bad_input.message = jv_null();
  guest_prepare_builtins(jq);
}

/* Allocate `length` bytes for the host to write into. */
EXPORT("alloc") void *guest_alloc(uint32_t length) {
  void *memory = malloc(length ? length : 1);
  if (!memory) out_of_memory(length);
  return memory;
}

/* Compile the program of the control block with its arguments. */
EXPORT("compile") enum status guest_compile(void) {
  const char *source = (const char *)(uintptr_t)control.program.start;
  size_t length = control.program.length;
  const char *nul = length ? memchr(source, 0, length) : NULL;
  if (nul) {
    static const char message[] = "a program cannot contain NUL";
    int at = (int)(nul - source);
    return error_of_program(message, sizeof message - 1, at, at + 1, NULL);
  }
  if (program_too_deep_at(source, length, control.depth) >= 0) return error_of_limit("depth", "program", control.depth);
  char *program = guest_alloc((uint32_t)length + 1);
  memcpy(program, source, length);
  program[length] = 0;
  jv named = jv_object(), positional = jv_array();
  if (control.args.length) {
    jv_free(named);
    named = jv_parse_sized((const char *)(uintptr_t)control.args.start, (int)control.args.length);
    if (jv_get_kind(named) == JV_KIND_ARRAY && jv_array_length(jv_copy(named)) == 2) {
      jv_free(positional);
      positional = jv_array_get(jv_copy(named), 1);
      named = jv_array_get(named, 0);
    }
    if (jv_get_kind(named) != JV_KIND_OBJECT || jv_get_kind(positional) != JV_KIND_ARRAY) {
      static const char message[] = "the arguments are neither a JSON object nor an object and an array";
      jv_free(named);
      jv_free(positional);
      return error_of_program(message, sizeof message - 1, 0, 0, NULL);
    }
  }
  jv args = jv_object_set(jv_object(), jv_string("positional"), positional);
  args = jv_object_set(args, jv_string("named"), jv_copy(named));
  named = jv_object_set(named, jv_string("ARGS"), args);
  if (!jq_compile_args(jq, program, named)) return program_refused(program);
  return DONE;
}

/* Start the compiled program on the input of the control block. Nothing is read yet. */
EXPORT("feed") enum status guest_feed(void) {
  input_begin();
  null_is_due = control.flags & NULL_INPUT;
  return DONE;
}

/* End the run over one input: it ended by itself, by an error, or by a limit or `halt`, which end the whole run. */
static enum status ended(jv last) {
  is_running = false;
  if (fault.is_set) {
    jv_free(last);
    return error_of_limit(fault.limit, fault.where, fault.allowed);
  }
  if (jq_halted(jq)) {
    jv_free(last);
    return error_of_halt();
  }
  if (jv_invalid_has_msg(jv_copy(last))) return error_of_filter(jv_invalid_get_msg(last));
  jv_free(last);
  return MORE;
}

static enum status start_next(void) {
  jv value;
  if (control.flags & NULL_INPUT) {
    if (!null_is_due) return DONE;
    null_is_due = false;
    value = jv_null();
  } else {
    value = input_next(NULL, NULL);
  }
  if (jv_is_valid(value)) {
    jq_start(jq, value, 0);
    is_running = true;
    return MORE;
  }
  if (!jv_invalid_has_msg(jv_copy(value))) {
    jv_free(value);
    return DONE;
  }
  jv_free(value);
  return error_of_input(jv_copy(bad_input.message), bad_input.index, bad_input.offset);
}

static enum status write_output(jv value) {
  if (outputs == control.outputs) {
    jv_free(value);
    return error_of_limit("outputs", "output", control.outputs);
  }
  size_t before = batch.length;
  batch.limit = before + bytes_left();
  enum written done = text_add_json(&batch, value, control.depth, control.flags & SORT_KEYS);
  if (done == WRITTEN && !text_add(&batch, "\n", 1)) done = TOO_LONG;
  jv_free(value);
  if (done != WRITTEN) {
    batch.length = before;
    if (done == TOO_DEEP) return error_of_limit("depth", "output", control.depth);
    return error_of_limit("output_bytes", "output", control.output_bytes);
  }
  control.written += batch.length - before;
  control.out.length = (uint32_t)batch.length;
  control.out_count++;
  outputs++;
  return MORE;
}

/* Produce the next batch of outputs. */
EXPORT("pull") enum status guest_pull(void) {
  enum status status = MORE;
  batch.length = messages.length = 0;
  control.out.length = control.messages.length = control.out_count = 0;
  while (status == MORE && control.out_count < control.batch_outputs && batch.length < control.batch_bytes) {
    if (!is_running) {
      status = start_next();
      continue;
    }
    jv value = jq_next(jq);
    status = jv_is_valid(value) ? write_output(value) : ended(value);
  }
  control.input_offset = input_offset();
  return status;
}
