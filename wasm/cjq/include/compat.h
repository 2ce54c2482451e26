/* Declarations that Debian's wasi-libc leaves out, and jq's limits; included before everything else. */
#ifndef COMPAT_H
#define COMPAT_H
double gamma(double);
char *realpath(const char *, char *);
void tzset(void);
extern char *tzname[2];

/* jq compares with these macros: the depth of its parser is the run's, and larger in `fromjson`. */
extern int guest_parsing_depth;
#define MAX_PARSING_DEPTH guest_parsing_depth
#endif
