/* Answers inside the module what the C library would ask of a host: the module has no imports.

   There is no file, no environment and no time zone; the clock is what the host wrote for the run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guest.h"

_Noreturn void out_of_memory(size_t bytes) {
  control.marker = OUT_OF_MEMORY;
  control.marker_bytes = (uint32_t)bytes;
  __builtin_trap();
}

_Noreturn void panic(const char *message) {
  control.marker = PANIC;
  control.error = (struct span){(uint32_t)(uintptr_t)message, (uint32_t)strlen(message)};
  __builtin_trap();
}

_Noreturn void abort(void) { panic("abort"); }
_Noreturn void __assert_fail(const char *expression, const char *file, int line, const char *function) {
  (void)file, (void)line, (void)function;
  panic(expression);
}
int raise(int signal) {
  (void)signal;
  panic("raise");
}
int atexit(void (*function)(void)) {
  (void)function;
  return 0;
}

/* Gives the allocator its memory. When the runtime refuses it, tell the host and trap: in places jq would go on
   with NULL. */
void *sbrk(intptr_t increment) {
  const uintptr_t page = 65536;
  if (increment == 0) return (void *)(__builtin_wasm_memory_size(0) * page);
  if (increment < 0 || (uintptr_t)increment % page) panic("sbrk");
  uintptr_t before = __builtin_wasm_memory_grow(0, (uintptr_t)increment / page);
  if (before == (uintptr_t)-1) out_of_memory((size_t)increment);
  return (void *)(before * page);
}

#define REFUSED(result) \
  errno = ENOENT; \
  return (result)

int stat(const char *restrict path, struct stat *restrict status) {
  (void)path, (void)status;
  REFUSED(-1);
}
int fstat(int file, struct stat *status) {
  (void)file, (void)status;
  REFUSED(-1);
}
int open(const char *path, int flags, ...) {
  (void)path, (void)flags;
  REFUSED(-1);
}
char *realpath(const char *restrict path, char *restrict out) {
  (void)path, (void)out;
  REFUSED(NULL);
}
FILE *fopen(const char *restrict path, const char *restrict mode) {
  (void)path, (void)mode;
  REFUSED(NULL);
}
FILE *fdopen(int file, const char *mode) {
  (void)file, (void)mode;
  REFUSED(NULL);
}
int close(int file) {
  (void)file;
  REFUSED(-1);
}
long pathconf(const char *path, int name) {
  (void)path, (void)name;
  return 4096;
}

static char *no_variables[1];
char **environ = no_variables, **__environ = no_variables, **_environ = no_variables;
char *getenv(const char *name) {
  (void)name;
  return NULL;
}

/* Returns the seed of jq's hashes: the same in all runs, so that fuel is the same. Keys that collide on purpose
   cost fuel. */
uint32_t arc4random(void) { return 0x9e3779b9u; }

double lgamma(double);
double gamma(double value) { return lgamma(value); }

char *tzname[2] = {"UTC", "UTC"};
void tzset(void) {}

void *guest_thread_values[8];
unsigned guest_thread_keys;

/* The calls of WASI that wasi-libc's wrappers make, under the names that they import. */
#define WASI(name) __imported_wasi_snapshot_preview1_##name
enum { WASI_BADF = 8 };

int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, int32_t out) {
  (void)clock, (void)precision;
  *(uint64_t *)(uintptr_t)out = (uint64_t)(control.now * 1e9);
  return 0;
}
int32_t WASI(fd_write)(int32_t file, int32_t vectors, int32_t count, int32_t out) {
  (void)file, (void)vectors, (void)count, (void)out;
  return WASI_BADF;
}
int32_t WASI(fd_close)(int32_t file) {
  (void)file;
  return WASI_BADF;
}
int32_t WASI(fd_read)(int32_t file, int32_t vectors, int32_t count, int32_t out) {
  (void)file, (void)vectors, (void)count, (void)out;
  return WASI_BADF;
}
int32_t WASI(fd_seek)(int32_t file, int64_t offset, int32_t whence, int32_t out) {
  (void)file, (void)offset, (void)whence, (void)out;
  return WASI_BADF;
}
int32_t WASI(fd_fdstat_get)(int32_t file, int32_t out) {
  (void)file, (void)out;
  return WASI_BADF;
}
_Noreturn void WASI(proc_exit)(int32_t code) {
  (void)code;
  panic("exit");
}
