/* jq as a bare WebAssembly module: the calls through which the host drives one run.

   The interface is that of the guest in Rust: wasm/guest/src/lib.rs describes the calls, the control
   block, the statuses and the error objects. */
#include <oniguruma.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "jq.h"
#include "jv.h"

#define EXPORT(name) __attribute__((export_name(name), used))

enum { RAW_INPUT = 1, SLURP = 2, NULL_INPUT = 4, SORT_KEYS = 8 };
enum status { MORE, DONE, PROGRAM, INPUT, FILTER, HALT, LIMIT };
/* How deep jq parses where the run's limit does not hold: in `fromjson` and for arguments. */
enum { PARSING_DEPTH = 10000 };
/* The host shows the beginning of a message; it has the whole value besides. */
enum { MESSAGE_BYTES = 1 << 20 };

__attribute__((used)) struct control control;
/* Set by the host to -1 to end a call; the meter's checks read it. */
__attribute__((used, aligned(8))) volatile int64_t stop_word;

int guest_parsing_depth = PARSING_DEPTH;
/* Where a parser last gave up, and where that of the input did; -1 while it has not. */
int guest_parsing_end;
static int input_end = -1;

static jq_state *jq;
static struct jv_parser *parser;
static struct text batch = {.found = &control.out}, messages = {.found = &control.messages}, error;
static bool is_running, null_is_due, slurped;
static size_t line;
static uint32_t outputs;

/* What ends the run although no filter raised it, so that `try` cannot catch it. */
static struct {
  bool is_set;
  const char *limit, *where;
  uint32_t allowed;
} fault;

/* The mistake of the program that was found first, or what explains it. */
static struct {
  bool is_set;
  jv message;
  int start, end;
} mistake;

/* The message of the last text that was no JSON, and which value it was. */
static struct {
  jv message;
  uint32_t index, offset;
} bad_input;

static const char *input_bytes(void) { return (const char *)(uintptr_t)control.input.start; }

/* ---- error objects ---- */

static void say_error(const char *bytes) { text_add(&error, bytes, strlen(bytes)); }

static void say_number(uint32_t number) {
  char digits[11];
  char *at = digits + sizeof digits;
  *--at = 0;
  do *--at = (char)('0' + number % 10);
  while (number /= 10);
  say_error(at);
}

static void say_string(const char *bytes, size_t length) {
  if (length > MESSAGE_BYTES) {
    length = MESSAGE_BYTES;
    while (length && (bytes[length] & 0xc0) == 0x80) length--;
  }
  text_add_string(&error, bytes, length);
}

static void begin_error(void) {
  error.length = 0;
  error.limit = SIZE_MAX;
}

static enum status end_error(enum status status) {
  control.error = (struct span){(uint32_t)(uintptr_t)error.start, (uint32_t)error.length};
  return status;
}

static enum status limit_error(const char *limit, const char *where, uint32_t allowed) {
  begin_error();
  say_error("{\"limit\":\"");
  say_error(limit);
  say_error("\",\"where\":\"");
  say_error(where);
  say_error("\",\"used\":");
  say_number(allowed == UINT32_MAX ? allowed : allowed + 1);
  say_error(",\"allowed\":");
  say_number(allowed);
  say_error(",\"offset\":null}");
  return end_error(LIMIT);
}

static enum status program_error(const char *message, size_t length, int start, int end, const char *hint) {
  begin_error();
  say_error("{\"message\":");
  say_string(message, length);
  say_error(",\"start\":");
  say_number((uint32_t)(start > 0 ? start : 0));
  say_error(",\"end\":");
  say_number((uint32_t)(end > start ? end : start > 0 ? start : 0));
  say_error(",\"hint\":");
  if (hint) say_string(hint, strlen(hint));
  else say_error("null");
  say_error("}");
  return end_error(PROGRAM);
}

static enum status input_error(jv message, uint32_t index, uint32_t offset) {
  static const char too_deep[] = "Exceeds depth limit";
  if (!strncmp(jv_string_value(message), too_deep, sizeof too_deep - 1)) {
    jv_free(message);
    return limit_error("depth", "input", control.depth);
  }
  /* The host tells the place from the offset. */
  const char *text = jv_string_value(message), *place = strstr(text, " at line ");
  begin_error();
  say_error("{\"message\":");
  say_string(text, place ? (size_t)(place - text) : (size_t)jv_string_length_bytes(jv_copy(message)));
  say_error(",\"index\":");
  say_number(index);
  say_error(",\"offset\":");
  say_number(offset);
  say_error("}");
  jv_free(message);
  return end_error(INPUT);
}

/* ---- what the filter says and how it ends early ---- */

static void end_run(const char *limit, const char *where, uint32_t allowed) {
  if (!fault.is_set) {
    fault.is_set = true;
    fault.limit = limit;
    fault.where = where;
    fault.allowed = allowed;
  }
  if (!jq_halted(jq)) jq_halt(jq, jv_invalid(), jv_invalid());
}

static size_t bytes_left(void) { return (size_t)(control.output_bytes - control.written); }

static void say(const char *bytes, size_t length) {
  size_t before = messages.length;
  messages.limit = before + bytes_left();
  bool said = text_add_string(&messages, bytes, length) == WRITTEN && text_add(&messages, "\n", 1);
  if (!said) messages.length = before;
  control.messages.length = (uint32_t)messages.length;
  control.written += messages.length - before;
  if (!said) end_run("output_bytes", "output", control.output_bytes);
}

/* Say the JSON text of `value`, between two texts. */
static void say_value(const char *before, jv value, const char *after) {
  static struct text shown;
  shown.length = 0;
  shown.limit = bytes_left();
  bool fits = text_add(&shown, before, strlen(before));
  enum written done = fits ? text_add_json(&shown, value, control.depth, false) : TOO_LONG;
  if (done == WRITTEN && !text_add(&shown, after, strlen(after))) done = TOO_LONG;
  jv_free(value);
  if (done == WRITTEN) say(shown.start, shown.length);
  else if (done == TOO_DEEP) end_run("depth", "value", control.depth);
  else end_run("output_bytes", "output", control.output_bytes);
}

static void on_debug(void *data, jv value) {
  (void)data;
  say_value("[\"DEBUG:\",", value, "]");
}

static void on_stderr(void *data, jv value) {
  (void)data;
  if (jv_get_kind(value) != JV_KIND_STRING) {
    say_value("", value, "");
    return;
  }
  say(jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
  jv_free(value);
}

static void on_no_memory(void *data) {
  (void)data;
  out_of_memory(1);
}

/* ---- the input ---- */

static uint32_t input_offset(void) {
  if (control.flags & RAW_INPUT) return (uint32_t)line;
  if (input_end >= 0) return (uint32_t)input_end;
  return parser ? control.input.length - (uint32_t)jv_parser_remaining(parser) : 0;
}

int guest_input_lines(void) {
  const char *bytes = input_bytes();
  size_t end = input_offset();
  /* The jq command reads whole lines, so the one that is begun counts. */
  while (end && bytes[end - 1] != '\n' && end < control.input.length) end++;
  int lines = 0;
  for (size_t at = 0; at < end; at++) lines += bytes[at] == '\n';
  return lines;
}

static jv next_line(void) {
  if (line >= control.input.length) return jv_invalid();
  const char *start = input_bytes() + line;
  size_t left = control.input.length - line;
  const char *end = memchr(start, '\n', left);
  size_t length = end ? (size_t)(end - start) : left;
  line += length + (end != NULL);
  return jv_string_sized(start, (int)length);
}

static jv next_text(void) {
  guest_parsing_depth = (int)control.depth;
  guest_parsing_end = -1;
  jv value = jv_parser_next(parser);
  guest_parsing_depth = PARSING_DEPTH;
  if (guest_parsing_end >= 0) input_end = guest_parsing_end;
  return value;
}

static jv all_texts(void) {
  jv all = jv_array();
  for (;;) {
    jv value = next_text();
    if (jv_is_valid(value)) {
      all = jv_array_append(all, value);
    } else if (jv_invalid_has_msg(jv_copy(value))) {
      jv_free(all);
      return value;
    } else {
      jv_free(value);
      return all;
    }
  }
}

/* The next value; invalid without a message at the end, with one for what is no JSON. */
static jv next_input(jq_state *state, void *data) {
  (void)state, (void)data;
  uint32_t flags = control.flags;
  jv value;
  if (flags & SLURP) {
    if (slurped) return jv_invalid();
    slurped = true;
    if (flags & RAW_INPUT) {
      line = control.input.length;
      value = jv_string_sized(input_bytes(), (int)control.input.length);
    } else {
      value = all_texts();
    }
  } else {
    value = flags & RAW_INPUT ? next_line() : next_text();
  }
  if (jv_is_valid(value)) {
    control.inputs_read++;
    return value;
  }
  if (jv_invalid_has_msg(jv_copy(value))) {
    jv_free(bad_input.message);
    bad_input.message = jv_invalid_get_msg(jv_copy(value));
    bad_input.index = control.inputs_read++;
    bad_input.offset = input_offset();
    if (!strncmp(jv_string_value(bad_input.message), "Exceeds depth", 13)) end_run("depth", "input", control.depth);
  }
  return value;
}

/* ---- the program ---- */

void guest_mistake(const char *message, int start, int end) {
  static const char syntax[] = "jq: error: syntax error";
  /* Where the grammar recovers from an error, it may know more about it. */
  bool explains = mistake.is_set && !strncmp(jv_string_value(mistake.message), syntax, sizeof syntax - 1) &&
                  strncmp(message, syntax, sizeof syntax - 1);
  if (mistake.is_set && !(explains && end)) return;
  if (mistake.is_set) jv_free(mistake.message);
  mistake.is_set = true;
  mistake.message = jv_string(message);
  mistake.start = start;
  mistake.end = end;
}

/* Everything that jq's compiler has to say comes here, whether it has a place or not. */
static void on_error(void *data, jv message) {
  (void)data;
  if (jv_get_kind(message) == JV_KIND_STRING) guest_mistake(jv_string_value(message), 0, 0);
  jv_free(message);
}

/* Refuse brackets that nest too deep before anything recurses into them; how far that is, or -1. */
static int too_deep_at(const char *program, size_t length, uint32_t depth) {
  /* What is open: brackets by themselves, a string by its quote. */
  char *open = malloc((size_t)depth + 1);
  if (!open) out_of_memory(depth);
  uint32_t count = 0;
  for (size_t at = 0; at < length; at++) {
    char byte = program[at];
    bool in_string = count && open[count - 1] == '"';
    char opens = 0;
    if (in_string && byte == '\\') {
      if (++at < length && program[at] == '(') opens = '(';
    } else if (in_string) {
      if (byte == '"') count--;
    } else if (byte == '#') {
      const char *end = memchr(program + at, '\n', length - at);
      at = end ? (size_t)(end - program) : length;
    } else if (strchr("\"([{", byte) && byte) {
      opens = byte;
    } else if (strchr(")]}", byte) && byte && count) {
      count--;
    }
    if (!opens) continue;
    if (count == depth) {
      free(open);
      return (int)at;
    }
    open[count++] = opens;
  }
  free(open);
  return -1;
}

static enum status refuse_program(const char *program) {
  static const char prefix[] = "jq: error: ";
  static const char no_files[] = "include and import are not available: the sandbox has no files";
  const char *message = mistake.is_set ? jv_string_value(mistake.message) : "the program cannot be compiled";
  if (!strncmp(message, prefix, sizeof prefix - 1)) message += sizeof prefix - 1;
  if (!strncmp(message, "module not found", 16)) {
    const char *include = strstr(program, "include"), *import = strstr(program, "import");
    const char *word = !include || (import && import < include) ? import : include;
    int start = word ? (int)(word - program) : 0;
    return program_error(no_files, sizeof no_files - 1, start, start + (word == include ? 7 : 6), NULL);
  }
  size_t length = strlen(message);
  while (length && (message[length - 1] == '\n' || message[length - 1] == ' ')) length--;
  return program_error(message, length, mistake.start, mistake.end, NULL);
}

/* ---- the calls ---- */

extern void __wasm_call_ctors(void);
extern void guest_prepare_builtins(jq_state *state);

/* Parse jq's definitions. The build runs this once and keeps the memory it leaves. */
EXPORT("init") void init(void) {
  __wasm_call_ctors();
  /* As the jq command does. */
  onig_set_parse_depth_limit(1024);
  jq = jq_init();
  if (!jq) panic("jq cannot be initialised");
  jq_set_nomem_handler(jq, on_no_memory, NULL);
  jq_set_error_cb(jq, on_error, NULL);
  jq_set_debug_cb(jq, on_debug, NULL);
  jq_set_stderr_cb(jq, on_stderr, NULL);
  jq_set_input_cb(jq, next_input, NULL);
  /* Paths of modules are relative to these; jq asserts that they are strings. */
  jq_set_attr(jq, jv_string("JQ_ORIGIN"), jv_string("/"));
  jq_set_attr(jq, jv_string("PROGRAM_ORIGIN"), jv_string("/"));
  jq_set_attr(jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
  bad_input.message = jv_null();
  guest_prepare_builtins(jq);
}

/* Memory of `length` bytes for the host to write into. */
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
    return program_error(message, sizeof message - 1, at, at + 1, NULL);
  }
  if (too_deep_at(source, length, control.depth) >= 0) return limit_error("depth", "program", control.depth);
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
      return program_error(message, sizeof message - 1, 0, 0, NULL);
    }
  }
  jv args = jv_object_set(jv_object(), jv_string("positional"), positional);
  args = jv_object_set(args, jv_string("named"), jv_copy(named));
  named = jv_object_set(named, jv_string("ARGS"), args);
  if (!jq_compile_args(jq, program, named)) return refuse_program(program);
  return DONE;
}

/* Start the compiled program on the input of the control block. Nothing is read yet. */
EXPORT("feed") enum status guest_feed(void) {
  parser = jv_parser_new(0);
  jv_parser_set_buf(parser, input_bytes(), (int)control.input.length, 0);
  null_is_due = control.flags & NULL_INPUT;
  return DONE;
}

static enum status filter_error(jv value) {
  bool is_input = jv_get_kind(bad_input.message) == JV_KIND_STRING && jv_equal(jv_copy(value), jv_copy(bad_input.message));
  if (is_input) {
    jv_free(value);
    return input_error(jv_copy(bad_input.message), bad_input.index, bad_input.offset);
  }
  begin_error();
  say_error("{\"value\":");
  error.limit = error.length + bytes_left();
  size_t start = error.length;
  enum written done = text_add_json(&error, value, control.depth, false);
  size_t end = error.length;
  error.limit = SIZE_MAX;
  if (done == WRITTEN) {
    say_error(",\"message\":");
    if (jv_get_kind(value) == JV_KIND_STRING) {
      say_string(jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
    } else {
      struct text shown = {.limit = SIZE_MAX};
      text_add(&shown, error.start + start, end - start);
      text_add(&shown, " (not a string)", 15);
      say_string(shown.start, shown.length);
      free(shown.start);
    }
    say_error(",\"index\":");
    say_number(control.inputs_read ? control.inputs_read - 1 : 0);
    say_error("}");
  }
  jv_free(value);
  if (done == TOO_DEEP) return limit_error("depth", "value", control.depth);
  return done == TOO_LONG ? limit_error("output_bytes", "output", control.output_bytes) : end_error(FILTER);
}

static enum status halted(void) {
  jv code = jq_get_exit_code(jq), value = jq_get_error_message(jq);
  control.exit_code = !jv_is_valid(code) ? 0 : jv_get_kind(code) == JV_KIND_NUMBER ? (int32_t)jv_number_value(code) : 5;
  jv_free(code);
  enum written done = WRITTEN;
  if (control.exit_code) {
    begin_error();
    say_error("{\"value\":");
    error.limit = error.length + bytes_left();
    if (jv_is_valid(value)) done = text_add_json(&error, value, control.depth, false);
    else say_error("null");
    error.limit = SIZE_MAX;
    say_error("}");
  }
  jv_free(value);
  if (done == TOO_DEEP) return limit_error("depth", "value", control.depth);
  if (done == TOO_LONG) return limit_error("output_bytes", "output", control.output_bytes);
  return control.exit_code ? end_error(HALT) : DONE;
}

/* The run over one input is over: by itself, by an error, or by what ends the whole run. */
static enum status ended(jv last) {
  is_running = false;
  if (fault.is_set) {
    jv_free(last);
    return limit_error(fault.limit, fault.where, fault.allowed);
  }
  if (jq_halted(jq)) {
    jv_free(last);
    return halted();
  }
  if (jv_invalid_has_msg(jv_copy(last))) return filter_error(jv_invalid_get_msg(last));
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
    value = next_input(NULL, NULL);
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
  return input_error(jv_copy(bad_input.message), bad_input.index, bad_input.offset);
}

static enum status write_output(jv value) {
  if (outputs == control.outputs) {
    jv_free(value);
    return limit_error("outputs", "output", control.outputs);
  }
  size_t before = batch.length;
  batch.limit = before + bytes_left();
  enum written done = text_add_json(&batch, value, control.depth, control.flags & SORT_KEYS);
  if (done == WRITTEN && !text_add(&batch, "\n", 1)) done = TOO_LONG;
  jv_free(value);
  if (done != WRITTEN) {
    batch.length = before;
    if (done == TOO_DEEP) return limit_error("depth", "output", control.depth);
    return limit_error("output_bytes", "output", control.output_bytes);
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
