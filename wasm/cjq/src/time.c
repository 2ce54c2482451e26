/* Reads and writes times as glibc does in the C locale, which is what jq's manual and its users know.

   The guest is built with musl's C library, which lacks some conversions and pads years differently. There is one
   time zone, UTC. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#undef strptime
#undef strftime
#undef timegm

static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const short month_start[2][13] = {{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
                                         {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366}};

/* Return the format that a composite conversion stands for; NULL for any other conversion. */
static const char *composite(char conversion) {
  switch (conversion) {
  case 'c': return "%a %b %e %H:%M:%S %Y";
  case 'D':
  case 'x': return "%m/%d/%y";
  case 'F': return "%Y-%m-%d";
  case 'R': return "%H:%M";
  case 'r': return "%I:%M:%S %p";
  case 'T':
  case 'X': return "%H:%M:%S";
  default: return NULL;
  }
}

/* ---- reading ---- */

struct reading {
  const char *at;
  struct tm *tm;
  int century, sunday_week, monday_week;
  bool has_12_hours, is_afternoon, wants_century, has_weekday, has_yearday, has_month, has_day, wants_days;
};

static bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

static void skip_space(struct reading *reading) {
  while (is_space(*reading->at)) reading->at++;
}

static bool number(struct reading *reading, int low, int high, int digits, int *value) {
  while (*reading->at == ' ') reading->at++;
  if (!is_digit(*reading->at)) return false;
  int total = 0;
  do total = total * 10 + (*reading->at++ - '0');
  while (--digits > 0 && total * 10 <= high && is_digit(*reading->at));
  *value = total;
  return total >= low && total <= high;
}

/* Read a full or abbreviated name. */
static bool name(struct reading *reading, const char *const *names, int count, int *value) {
  for (int i = 0; i < count; i++) {
    size_t length = strlen(names[i]);
    if (strncasecmp(reading->at, names[i], length)) {
      length = 3;
      if (strncasecmp(reading->at, names[i], length)) continue;
    }
    reading->at += length;
    *value = i;
    return true;
  }
  return false;
}

static bool zone_offset(struct reading *reading) {
  skip_space(reading);
  if (*reading->at == 'Z') {
    reading->at++;
    reading->tm->tm_gmtoff = 0;
    return true;
  }
  char sign = *reading->at;
  if (sign != '+' && sign != '-') return false;
  int digits = 0, value = 0;
  for (reading->at++; digits < 4 && is_digit(*reading->at); digits++) {
    value = value * 10 + (*reading->at++ - '0');
    if (digits == 1 && *reading->at == ':' && is_digit(reading->at[1])) reading->at++;
  }
  if (digits == 2) value *= 100;
  else if (digits != 4) return false;
  if (value % 100 >= 60) return false;
  reading->tm->tm_gmtoff = (value / 100 * 3600 + value % 100 * 60) * (sign == '-' ? -1 : 1);
  return true;
}

static bool seconds(struct reading *reading) {
  if (!is_digit(*reading->at)) return false;
  unsigned long long value = 0;
  for (; is_digit(*reading->at); reading->at++) {
    value = value * 10 + (unsigned)(*reading->at - '0');
    if (value >= 1ull << 55) return false;
  }
  time_t time = (time_t)value;
  return gmtime_r(&time, reading->tm) != NULL;
}

static bool read_format(struct reading *reading, const char *format);

static bool read_one(struct reading *reading, char conversion) {
  struct tm *tm = reading->tm;
  int value = 0;
  const char *others = composite(conversion);
  if (others) {
    if (!read_format(reading, others)) return false;
    if (strchr("cDxF", conversion)) reading->wants_days = true;
    return true;
  }
  switch (conversion) {
  case '%': return *reading->at++ == '%';
  case 'a':
  case 'A': return reading->has_weekday = name(reading, days, 7, &tm->tm_wday);
  case 'b':
  case 'B':
  case 'h': return reading->has_month = reading->wants_days = name(reading, months, 12, &tm->tm_mon);
  case 'C':
    reading->wants_days = true;
    return number(reading, 0, 99, 2, &reading->century);
  case 'd':
  case 'e': return reading->has_day = reading->wants_days = number(reading, 1, 31, 2, &tm->tm_mday);
  case 'H':
  case 'k':
    reading->has_12_hours = false;
    return number(reading, 0, 23, 2, &tm->tm_hour);
  case 'I':
  case 'l':
    reading->has_12_hours = true;
    if (!number(reading, 1, 12, 2, &value)) return false;
    tm->tm_hour = value % 12;
    return true;
  case 'j':
    if (!number(reading, 1, 366, 3, &value)) return false;
    tm->tm_yday = value - 1;
    return reading->has_yearday = true;
  case 'm':
    if (!number(reading, 1, 12, 2, &value)) return false;
    tm->tm_mon = value - 1;
    return reading->has_month = reading->wants_days = true;
  case 'M': return number(reading, 0, 59, 2, &tm->tm_min);
  case 'n':
  case 't': skip_space(reading); return true;
  case 'p':
    reading->is_afternoon = !strncasecmp(reading->at, "PM", 2);
    if (!reading->is_afternoon && strncasecmp(reading->at, "AM", 2)) return false;
    reading->at += 2;
    return true;
  case 's': return seconds(reading);
  case 'S': return number(reading, 0, 61, 2, &tm->tm_sec);
  case 'u':
    if (!number(reading, 1, 7, 1, &value)) return false;
    tm->tm_wday = value % 7;
    return reading->has_weekday = true;
  case 'w': return reading->has_weekday = number(reading, 0, 6, 1, &tm->tm_wday);
  case 'g': return number(reading, 0, 99, 2, &value);
  case 'G':
    if (!is_digit(*reading->at)) return false;
    while (is_digit(*reading->at)) reading->at++;
    return true;
  case 'U': return number(reading, 0, 53, 2, &reading->sunday_week);
  case 'W': return number(reading, 0, 53, 2, &reading->monday_week);
  case 'V': return number(reading, 0, 53, 2, &value);
  case 'y':
    if (!number(reading, 0, 99, 2, &value)) return false;
    tm->tm_year = value >= 69 ? value : value + 100;
    return reading->wants_century = reading->wants_days = true;
  case 'Y':
    if (!number(reading, 0, 9999, 4, &value)) return false;
    tm->tm_year = value - 1900;
    reading->wants_century = false;
    return reading->wants_days = true;
  case 'Z':
    skip_space(reading);
    while (*reading->at && !is_space(*reading->at)) reading->at++;
    return true;
  case 'z': return zone_offset(reading);
  default: return false;
  }
}

static bool read_format(struct reading *reading, const char *format) {
  for (; *format; format++) {
    if (is_space(*format)) {
      skip_space(reading);
    } else if (*format != '%') {
      if (*format != *reading->at++) return false;
    } else {
      do format++;
      while (*format && strchr("-_0^#", *format));
      while (is_digit(*format)) format++;
      const char *modified = *format == 'E' ? "cCxXY" : *format == 'O' ? "bBdehHImMSUVwWy" : NULL;
      if (modified && !strchr(modified, *++format)) return false;
      if (!*format || !read_one(reading, *format)) return false;
    }
  }
  return true;
}

static bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int floor_divided(int value, int by) { return value / by - (value % by < 0); }

static int weekday(int year, int yearday) {
  int before = year - 1;
  int day = (before * 365) % 7 + floor_divided(before, 4) - floor_divided(before, 100) + floor_divided(before, 400);
  return ((day + 1 + yearday) % 7 + 7) % 7;
}

/* Fill in the weekday and the day of the year, or month and day from the latter. */
static void complete(struct reading *reading) {
  struct tm *tm = reading->tm;
  if (reading->has_12_hours && reading->is_afternoon) tm->tm_hour += 12;
  if (reading->century != -1)
    tm->tm_year = (reading->wants_century ? tm->tm_year % 100 : 0) + (reading->century - 19) * 100;
  int year = tm->tm_year + 1900;
  const short *start = month_start[is_leap(year)];
  if (reading->wants_days && !reading->has_weekday) {
    if (!(reading->has_month && reading->has_day) && reading->has_yearday) {
      int month = 0;
      while (month < 11 && start[month + 1] <= tm->tm_yday) month++;
      if (!reading->has_month) tm->tm_mon = month;
      if (!reading->has_day) tm->tm_mday = tm->tm_yday - start[month] + 1;
    }
    tm->tm_wday = weekday(year, start[tm->tm_mon] + tm->tm_mday - 1);
  }
  if (reading->wants_days && !reading->has_yearday) tm->tm_yday = start[tm->tm_mon] + tm->tm_mday - 1;
  bool by_sunday = reading->sunday_week >= 0;
  if ((by_sunday || reading->monday_week >= 0) && reading->has_weekday) {
    int first = weekday(year, 0), offset = by_sunday ? 0 : 1;
    int week = by_sunday ? reading->sunday_week : reading->monday_week;
    int yearday = (7 - (first - offset)) % 7 + (week - 1) * 7 + (tm->tm_wday - offset + 7) % 7;
    if (!reading->has_yearday) tm->tm_yday = yearday;
    if (!(reading->has_day && reading->has_month) && tm->tm_yday >= 0 && tm->tm_yday < start[12]) {
      int month = 0;
      while (month < 11 && start[month + 1] <= tm->tm_yday) month++;
      if (!reading->has_month) tm->tm_mon = month;
      if (!reading->has_day) tm->tm_mday = tm->tm_yday - start[month] + 1;
    }
  }
}

char *guest_strptime(const char *text, const char *format, struct tm *tm) {
  struct reading reading = {.at = text, .tm = tm, .century = -1, .sunday_week = -1, .monday_week = -1};
  if (!read_format(&reading, format)) return NULL;
  complete(&reading);
  return (char *)reading.at;
}

/* ---- writing ---- */

static size_t write_format(char *out, size_t size, const char *format, const struct tm *tm);

/* Write one conversion with its flags and width, which are `length` bytes at `spec`. */
static size_t write_one(char *out, size_t size, const char *spec, size_t length, const struct tm *tm) {
  char conversion = spec[length - 1], single[32];
  const char *others = length == 2 ? composite(conversion) : NULL;
  if (others) return write_format(out, size, others, tm);
  int hour = tm->tm_hour % 12 ? tm->tm_hour % 12 : 12;
  long long year = (long long)tm->tm_year + 1900;
  int written = -1;
  if (length == 2) {
    switch (conversion) {
    case 'Y': written = snprintf(out, size, "%lld", year); break;
    case 'C':
      /* glibc pads neither this nor %G, and counts the years of a century upwards before the year 0 too. */
      written = snprintf(out, size, "%lld", year / 100 - (year % 100 < 0));
      break;
    case 'y': written = snprintf(out, size, "%02lld", (year % 100 + 100) % 100); break;
    case 'G':
    case 'g':
      if (!strftime(single, sizeof single, "%G", tm)) return 0;
      written = conversion == 'G' ? snprintf(out, size, "%d", atoi(single))
                                  : snprintf(out, size, "%02d", (atoi(single) % 100 + 100) % 100);
      break;
    case 'Z': written = snprintf(out, size, "%s", tm->tm_zone && *tm->tm_zone ? tm->tm_zone : "UTC"); break;
    case 'k': written = snprintf(out, size, "%2d", tm->tm_hour); break;
    case 'l': written = snprintf(out, size, "%2d", hour); break;
    case 'P': written = snprintf(out, size, "%s", tm->tm_hour > 11 ? "pm" : "am"); break;
    default: break;
    }
  }
  if (written >= 0) return (size_t)written < size ? (size_t)written : 0;
  if (length < sizeof single) {
    memcpy(single, spec, length);
    single[length] = 0;
    size_t done = strftime(out, size, single, tm);
    if (done) return done;
  }
  /* Text that is not a conversion stays as it is. */
  if (length >= size) return 0;
  memcpy(out, spec, length);
  return length;
}

static size_t write_format(char *out, size_t size, const char *format, const struct tm *tm) {
  size_t written = 0;
  while (*format) {
    size_t length = 1;
    if (*format == '%') {
      while (format[length] && strchr("-_0^#123456789", format[length])) length++;
      if (format[length] == 'E' || format[length] == 'O') length++;
      if (format[length]) length++;
    }
    size_t done = 1;
    if (length > 1) {
      done = write_one(out + written, size - written, format, length, tm);
      if (!done) return 0;
    } else if (size - written > 1) {
      out[written] = *format;
    } else {
      return 0;
    }
    written += done;
    format += length;
  }
  if (written >= size) return 0;
  out[written] = 0;
  return written;
}

size_t guest_strftime(char *restrict out, size_t size, const char *restrict format, const struct tm *restrict tm) {
  return size ? write_format(out, size, format, tm) : 0;
}

/* glibc calls the zone GMT here, and UTC in a local time. */
time_t guest_timegm(struct tm *tm) {
  time_t time = timegm(tm);
  tm->tm_zone = "GMT";
  return time;
}
