/* Declarations that Debian's wasi-libc leaves out, and jq's limits; included before everything else. */
#ifndef COMPAT_H
#define COMPAT_H
double gamma(double);
char *realpath(const char *, char *);
void tzset(void);
extern char *tzname[2];

/* Of the guest's own time.c. */
#include <time.h>
char *guest_strptime(const char *, const char *, struct tm *);
size_t guest_strftime(char *restrict, size_t, const char *restrict, const struct tm *restrict);
time_t guest_timegm(struct tm *);
#define strptime guest_strptime
#define strftime guest_strftime
#define timegm guest_timegm

/* jq compares with these macros: the depth of its parser is the run's, and larger in `fromjson`. */
extern int guest_parsing_depth;
#define MAX_PARSING_DEPTH guest_parsing_depth
#endif
