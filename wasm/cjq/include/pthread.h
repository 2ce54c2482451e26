/* One thread's worth of POSIX threads: Debian's wasi-libc has no such header. */
#ifndef GUEST_PTHREAD_H
#define GUEST_PTHREAD_H
typedef unsigned pthread_key_t;
typedef int pthread_once_t;
typedef int pthread_mutex_t;
typedef unsigned long pthread_t;
#define PTHREAD_ONCE_INIT 0
#define PTHREAD_MUTEX_INITIALIZER 0
enum { GUEST_KEYS = 8, GUEST_NO_KEY = 11 };
extern void *guest_thread_values[GUEST_KEYS];
extern unsigned guest_thread_keys;
static inline int pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
  (void)destructor;
  if (guest_thread_keys >= GUEST_KEYS) return GUEST_NO_KEY;
  *key = guest_thread_keys++;
  return 0;
}
static inline void *pthread_getspecific(pthread_key_t key) { return guest_thread_values[key]; }
static inline int pthread_setspecific(pthread_key_t key, const void *value) {
  guest_thread_values[key] = (void *)value;
  return 0;
}
static inline int pthread_once(pthread_once_t *once, void (*function)(void)) {
  if (!*once) {
    *once = 1;
    function();
  }
  return 0;
}
static inline int pthread_mutex_lock(pthread_mutex_t *mutex) {
  (void)mutex;
  return 0;
}
static inline int pthread_mutex_unlock(pthread_mutex_t *mutex) {
  (void)mutex;
  return 0;
}
#endif
