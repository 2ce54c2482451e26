/* Checks the text of a program, and keeps the mistakes that jq's compiler finds in it.

   guest.c includes this, so that clang compiles the parts as one: their fuel depends on what it inlines. */

/* The mistake that jq's compiler found first, or a later one that explains it. */
static struct {
  bool is_set;
  jv message;
  int start, end;
} mistake;

void guest_mistake(const char *message, int start, int end) {
  static const char syntax[] = "jq: error: syntax error";
  /* Where jq's grammar recovers from a syntax error, a second message may say more about it. */
  bool explains = mistake.is_set && !strncmp(jv_string_value(mistake.message), syntax, sizeof syntax - 1) &&
                  strncmp(message, syntax, sizeof syntax - 1);
  if (mistake.is_set && !(explains && end)) return;
  if (mistake.is_set) jv_free(mistake.message);
  mistake.is_set = true;
  mistake.message = jv_string(message);
  mistake.start = start;
  mistake.end = end;
}

/* Keep a message of jq's compiler that may have no place in the program; a callback of jq's. */
static void program_on_message(void *data, jv message) {
  (void)data;
  if (jv_get_kind(message) == JV_KIND_STRING) guest_mistake(jv_string_value(message), 0, 0);
  jv_free(message);
}

/* Find where brackets nest deeper than `depth`, before anything recurses into them; -1 if nowhere. */
static int program_too_deep_at(const char *program, size_t length, uint32_t depth) {
  /* The brackets and strings that are open: a bracket as itself, a string as its quote. */
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

/* Make the error object for a program that jq refused. */
static enum status program_refused(const char *program) {
  static const char prefix[] = "jq: error: ";
  static const char no_files[] = "include and import are not available: the sandbox has no files";
  const char *message = mistake.is_set ? jv_string_value(mistake.message) : "the program cannot be compiled";
  if (!strncmp(message, prefix, sizeof prefix - 1)) message += sizeof prefix - 1;
  if (!strncmp(message, "module not found", 16)) {
    const char *include = strstr(program, "include"), *import = strstr(program, "import");
    const char *word = !include || (import && import < include) ? import : include;
    int start = word ? (int)(word - program) : 0;
    return error_of_program(no_files, sizeof no_files - 1, start, start + (word == include ? 7 : 6), NULL);
  }
  size_t length = strlen(message);
  while (length && (message[length - 1] == '\n' || message[length - 1] == ' ')) length--;
  return error_of_program(message, length, mistake.start, mistake.end, NULL);
}
