/* Collects the texts of `debug` and `stderr` for the host: a JSON string a line, counted as output.

   guest.c includes this, so that clang compiles the parts as one: their fuel depends on what it inlines. */

static struct text messages = {.published = &control.messages};

static void messages_add(const char *bytes, size_t length) {
  size_t before = messages.length;
  messages.limit = before + bytes_left();
  bool fits = text_add_string(&messages, bytes, length) == WRITTEN && text_add(&messages, "\n", 1);
  if (!fits) messages.length = before;
  control.messages.length = (uint32_t)messages.length;
  control.written += messages.length - before;
  if (!fits) end_run("output_bytes", "output", control.output_bytes);
}

/* Add a message that is the JSON text of `value` between two texts. */
static void messages_add_value(const char *before, jv value, const char *after) {
  static struct text json;
  json.length = 0;
  json.limit = bytes_left();
  bool fits = text_add(&json, before, strlen(before));
  enum written done = fits ? text_add_json(&json, value, control.depth, false) : TOO_LONG;
  if (done == WRITTEN && !text_add(&json, after, strlen(after))) done = TOO_LONG;
  jv_free(value);
  if (done == WRITTEN) messages_add(json.start, json.length);
  else if (done == TOO_DEEP) end_run("depth", "value", control.depth);
  else end_run("output_bytes", "output", control.output_bytes);
}

static void messages_on_debug(void *data, jv value) {
  (void)data;
  messages_add_value("[\"DEBUG:\",", value, "]");
}

static void messages_on_stderr(void *data, jv value) {
  (void)data;
  if (jv_get_kind(value) != JV_KIND_STRING) {
    messages_add_value("", value, "");
    return;
  }
  messages_add(jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
  jv_free(value);
}
