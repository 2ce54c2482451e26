/* Writes the error objects of wasm/shared/src/lib.rs, and returns the status that each of them goes with.

   guest.c includes this, so that clang compiles the parts as one: their fuel depends on what it inlines. */

/* The host shows the beginning of a message only; it has the whole value besides. */
enum { MESSAGE_BYTES = 1 << 20 };

static struct text error;

static void error_add(const char *bytes) { text_add(&error, bytes, strlen(bytes)); }

static void error_add_number(uint32_t number) {
  char digits[11];
  char *at = digits + sizeof digits;
  *--at = 0;
  do *--at = (char)('0' + number % 10);
  while (number /= 10);
  error_add(at);
}

static void error_add_string(const char *bytes, size_t length) {
  if (length > MESSAGE_BYTES) {
    length = MESSAGE_BYTES;
    while (length && (bytes[length] & 0xc0) == 0x80) length--;
  }
  text_add_string(&error, bytes, length);
}

static void error_begin(void) {
  error.length = 0;
  error.limit = SIZE_MAX;
}

static enum status error_end(enum status status) {
  control.error = (struct span){(uint32_t)(uintptr_t)error.start, (uint32_t)error.length};
  return status;
}

static enum status error_of_limit(const char *limit, const char *where, uint32_t allowed) {
  error_begin();
  error_add("{\"limit\":\"");
  error_add(limit);
  error_add("\",\"where\":\"");
  error_add(where);
  error_add("\",\"used\":");
  error_add_number(allowed == UINT32_MAX ? allowed : allowed + 1);
  error_add(",\"allowed\":");
  error_add_number(allowed);
  error_add(",\"offset\":null}");
  return error_end(LIMIT);
}

static enum status error_of_program(const char *message, size_t length, int start, int end_at, const char *hint) {
  error_begin();
  error_add("{\"message\":");
  error_add_string(message, length);
  error_add(",\"start\":");
  error_add_number((uint32_t)(start > 0 ? start : 0));
  error_add(",\"end\":");
  error_add_number((uint32_t)(end_at > start ? end_at : start > 0 ? start : 0));
  error_add(",\"hint\":");
  if (hint) error_add_string(hint, strlen(hint));
  else error_add("null");
  error_add("}");
  return error_end(PROGRAM);
}

static enum status error_of_input(jv message, uint32_t index, uint32_t offset) {
  static const char too_deep[] = "Exceeds depth limit";
  if (!strncmp(jv_string_value(message), too_deep, sizeof too_deep - 1)) {
    jv_free(message);
    return error_of_limit("depth", "input", control.depth);
  }
  /* Leave out jq's place: the host computes it from the offset. */
  const char *text = jv_string_value(message), *place = strstr(text, " at line ");
  error_begin();
  error_add("{\"message\":");
  error_add_string(text, place ? (size_t)(place - text) : (size_t)jv_string_length_bytes(jv_copy(message)));
  error_add(",\"index\":");
  error_add_number(index);
  error_add(",\"offset\":");
  error_add_number(offset);
  error_add("}");
  jv_free(message);
  return error_end(INPUT);
}

static enum status error_of_filter(jv value) {
  bool is_input = jv_get_kind(bad_input.message) == JV_KIND_STRING && jv_equal(jv_copy(value), jv_copy(bad_input.message));
  if (is_input) {
    jv_free(value);
    return error_of_input(jv_copy(bad_input.message), bad_input.index, bad_input.offset);
  }
  error_begin();
  error_add("{\"value\":");
  error.limit = error.length + bytes_left();
  size_t start = error.length;
  enum written done = text_add_json(&error, value, control.depth, false);
  size_t value_end = error.length;
  error.limit = SIZE_MAX;
  if (done == WRITTEN) {
    error_add(",\"message\":");
    if (jv_get_kind(value) == JV_KIND_STRING) {
      error_add_string(jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
    } else {
      struct text sentence = {.limit = SIZE_MAX};
      text_add(&sentence, error.start + start, value_end - start);
      text_add(&sentence, " (not a string)", 15);
      error_add_string(sentence.start, sentence.length);
      free(sentence.start);
    }
    error_add(",\"index\":");
    error_add_number(control.inputs_read ? control.inputs_read - 1 : 0);
    error_add("}");
  }
  jv_free(value);
  if (done == TOO_DEEP) return error_of_limit("depth", "value", control.depth);
  return done == TOO_LONG ? error_of_limit("output_bytes", "output", control.output_bytes) : error_end(FILTER);
}

static enum status error_of_halt(void) {
  jv code = jq_get_exit_code(jq), value = jq_get_error_message(jq);
  control.exit_code = !jv_is_valid(code) ? 0 : jv_get_kind(code) == JV_KIND_NUMBER ? (int32_t)jv_number_value(code) : 5;
  jv_free(code);
  enum written done = WRITTEN;
  error_begin();
  error_add("{\"value\":");
  error.limit = error.length + bytes_left();
  if (jv_is_valid(value)) done = text_add_json(&error, value, control.depth, false);
  else error_add("null");
  error.limit = SIZE_MAX;
  error_add("}");
  jv_free(value);
  if (done == TOO_DEEP) return error_of_limit("depth", "value", control.depth);
  if (done == TOO_LONG) return error_of_limit("output_bytes", "output", control.output_bytes);
  return error_end(HALT);
}
