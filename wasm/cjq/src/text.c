/* Grows texts up to a limit, and writes values into them as strict JSON.

   jq's own printer builds a string value of any length before a limit could be checked, and it prints
   "<skipped: too deep>", which is not JSON. This one stops at the byte that goes past the limit: an
   object shared sixty times over is tiny in memory and 2^60 bytes as text. What it writes is what
   jq 1.8 prints with -c. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "jv_dtoa.h"
#include "jv_dtoa_tsd.h"

bool text_add(struct text *text, const char *bytes, size_t length) {
  if (length > text->limit - text->length) return false;
  if (length > text->capacity - text->length) {
    size_t capacity = text->capacity ? text->capacity * 2 : 4096;
    if (capacity < text->length + length) capacity = text->length + length;
    char *start = malloc(capacity), *old = text->start;
    if (!start) out_of_memory(capacity);
    if (old) memcpy(start, old, text->length);
    text->start = start;
    text->capacity = capacity;
    if (text->published) text->published->start = (uint32_t)(uintptr_t)start;
    free(old);
  }
  memcpy(text->start + text->length, bytes, length);
  text->length += length;
  return true;
}

#define ADD(bytes, length) \
  do { \
    if (!text_add(text, (bytes), (length))) return TOO_LONG; \
  } while (0)

enum written text_add_string(struct text *text, const char *bytes, size_t length) {
  static const char hex[] = "0123456789abcdef";
  const char *end = bytes + length, *plain = bytes;
  ADD("\"", 1);
  for (const char *at = bytes; at < end; at++) {
    unsigned char byte = (unsigned char)*at;
    if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f) continue;
    ADD(plain, (size_t)(at - plain));
    plain = at + 1;
    const char *named = memchr("\"\\\b\f\n\r\t", byte, 7);
    if (named) {
      char escape[2] = {'\\', "\"\\bfnrt"[named - "\"\\\b\f\n\r\t"]};
      ADD(escape, 2);
    } else {
      char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
      ADD(escape, 6);
    }
  }
  ADD(plain, (size_t)(end - plain));
  ADD("\"", 1);
  return WRITTEN;
}

static enum written add_number(struct text *text, jv number) {
  double value = jv_number_value(number);
  if (value != value) {
    ADD("null", 4);
    return WRITTEN;
  }
  const char *literal = jv_number_has_literal(number) ? jv_number_get_literal(number) : NULL;
  if (literal) {
    ADD(literal, strlen(literal));
    return WRITTEN;
  }
  if (value > DBL_MAX) value = DBL_MAX;
  if (value < -DBL_MAX) value = -DBL_MAX;
  char digits[JVP_DTOA_FMT_MAX_LEN];
  const char *shown = jvp_dtoa_fmt(tsd_dtoa_context_get(), digits, value);
  ADD(shown, strlen(shown));
  return WRITTEN;
}

static enum written add_member(struct text *text, jv key, jv value, uint32_t depth, bool sort_keys) {
  enum written done = text_add_string(text, jv_string_value(key), (size_t)jv_string_length_bytes(jv_copy(key)));
  if (done == WRITTEN && !text_add(text, ":", 1)) done = TOO_LONG;
  if (done == WRITTEN) done = text_add_json(text, value, depth, sort_keys);
  jv_free(key);
  jv_free(value);
  return done;
}

static enum written add_object(struct text *text, jv object, uint32_t depth, bool sort_keys) {
  enum written done = WRITTEN;
  const char *before = "{";
  if (sort_keys) {
    jv keys = jv_keys(jv_copy(object));
    int count = jv_array_length(jv_copy(keys));
    for (int i = 0; i < count && done == WRITTEN; i++) {
      jv key = jv_array_get(jv_copy(keys), i);
      jv value = jv_object_get(jv_copy(object), jv_copy(key));
      if (!text_add(text, before, 1)) {
        jv_free(key);
        jv_free(value);
        done = TOO_LONG;
        break;
      }
      done = add_member(text, key, value, depth, sort_keys);
      before = ",";
    }
    jv_free(keys);
  } else {
    for (int i = jv_object_iter(object); jv_object_iter_valid(object, i) && done == WRITTEN;
         i = jv_object_iter_next(object, i)) {
      ADD(before, 1);
      done = add_member(text, jv_object_iter_key(object, i), jv_object_iter_value(object, i), depth, sort_keys);
      before = ",";
    }
  }
  if (done != WRITTEN) return done;
  if (*before == '{') ADD("{", 1);
  ADD("}", 1);
  return WRITTEN;
}

static enum written add_array(struct text *text, jv array, uint32_t depth, bool sort_keys) {
  int count = jv_array_length(jv_copy(array));
  ADD("[", 1);
  for (int i = 0; i < count; i++) {
    if (i) ADD(",", 1);
    jv element = jv_array_get(jv_copy(array), i);
    enum written done = text_add_json(text, element, depth, sort_keys);
    jv_free(element);
    if (done != WRITTEN) return done;
  }
  ADD("]", 1);
  return WRITTEN;
}

enum written text_add_json(struct text *text, jv value, uint32_t depth, bool sort_keys) {
  switch (jv_get_kind(value)) {
  case JV_KIND_NULL:
    ADD("null", 4);
    return WRITTEN;
  case JV_KIND_FALSE:
    ADD("false", 5);
    return WRITTEN;
  case JV_KIND_TRUE:
    ADD("true", 4);
    return WRITTEN;
  case JV_KIND_NUMBER:
    return add_number(text, value);
  case JV_KIND_STRING:
    return text_add_string(text, jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
  case JV_KIND_ARRAY:
    return depth ? add_array(text, value, depth - 1, sort_keys) : TOO_DEEP;
  case JV_KIND_OBJECT:
    return depth ? add_object(text, value, depth - 1, sort_keys) : TOO_DEEP;
  default:
    panic("an invalid value was to be written");
  }
}
