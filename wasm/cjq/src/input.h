/* Cuts the input into the values that the run reads, and counts what was read.

   guest.c includes this, so that clang compiles the parts as one: their fuel depends on what it inlines. */

/* How deep jq parses where the run's limit does not hold: in `fromjson` and for arguments. */
enum { PARSING_DEPTH = 10000 };

/* The last text of the input that is not JSON: jq's message, which value it is, and the byte offset. */
static struct {
  jv message;
  uint32_t index, offset;
} bad_input;

/* How deep a parser may nest now. */
int guest_parsing_depth = PARSING_DEPTH;
/* Byte offset at which a parser gave up last, or -1. */
int guest_parsing_end;

static struct jv_parser *parser;
/* Byte offset at which the parser of the input gave up, or -1. */
static int input_end = -1;
/* Byte offset of the next line of raw input. */
static size_t line;
static bool slurped;

static const char *input_bytes(void) { return (const char *)(uintptr_t)control.input.start; }

static void input_begin(void) {
  parser = jv_parser_new(0);
  jv_parser_set_buf(parser, input_bytes(), (int)control.input.length, 0);
}

/* How many bytes of the input were read. */
static uint32_t input_offset(void) {
  if (control.flags & RAW_INPUT) return (uint32_t)line;
  if (input_end >= 0) return (uint32_t)input_end;
  return parser ? control.input.length - (uint32_t)jv_parser_remaining(parser) : 0;
}

int guest_input_lines(void) {
  const char *bytes = input_bytes();
  size_t end = input_offset();
  /* The jq command reads whole lines, so count the line that was begun. */
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

/* Read the next value; a callback of jq's. Invalid without a message at the end of the input, and with one for
   a text that is not JSON. */
static jv input_next(jq_state *state, void *data) {
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
