/* What Android's C library has and Debian's has not, or has with other numbers and structures. Built as libc.so.
 * Names that begin with B are those of stand_in.py: the library's own calls, renamed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Old Android libraries take &__sF[n] for stdin, stdout and stderr; newer ones use the names. */
enum { FILE_BYTES = 152 };
char __sF[3 * FILE_BYTES];

static FILE *stream(void *file) {
  if (file == __sF) return stdin;
  if (file == __sF + FILE_BYTES) return stdout;
  if (file == __sF + 2 * FILE_BYTES) return stderr;
  return file;
}

int Bflush(void *file) { return fflush(file ? stream(file) : NULL); }
size_t Bwrite(const void *from, size_t size, size_t count, void *file) { return fwrite(from, size, count, stream(file)); }
int Bputc(int letter, void *file) { return fputc(letter, stream(file)); }
int Bputs(const char *text, void *file) { return fputs(text, stream(file)); }
int Bfprintf(void *file, const char *format, va_list values) { return vfprintf(stream(file), format, values); }
int Bprintf(void *file, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int count = vfprintf(stream(file), format, values);
  va_end(values);
  return count;
}

/* Android's mutex has 40 bytes, Debian's on arm64 has 48, of which the last 8 mean nothing. */
int Bthread_mutex_init(void *mutex, const pthread_mutexattr_t *kind) {
  pthread_mutex_t made;
  int result = pthread_mutex_init(&made, kind);
  memcpy(mutex, &made, 40);
  return result;
}

long Bysconf(int name) {
  switch (name) { /* Android's numbers */
    case 0x27: case 0x28: return sysconf(_SC_PAGESIZE);
    case 0x60: return sysconf(_SC_NPROCESSORS_CONF);
    case 0x61: return sysconf(_SC_NPROCESSORS_ONLN);
    case 0x62: return sysconf(_SC_PHYS_PAGES);
    case 0x63: return sysconf(_SC_AVPHYS_PAGES);
  }
  fprintf(stderr, "sysconf(%d) has no stand-in\n", name);
  return -1;
}

locale_t Bewlocale(int mask, const char *name, locale_t base) { return newlocale(LC_ALL_MASK, "C", (locale_t)0); }
int Btrerror_r(int number, char *buffer, size_t size) { snprintf(buffer, size, "error %d", number); return 0; }
char *__gnu_strerror_r(int number, char *buffer, size_t size) { return strerror_r(number, buffer, size); }

int *__errno(void) { return &errno; }
int __system_property_get(const char *name, char *value) { return *value = 0; }
void android_set_abort_message(const char *message) { fprintf(stderr, "aborted: %s\n", message); }
void __assert2(const char *file, int line, const char *function, const char *what) {
  fprintf(stderr, "%s:%d: %s: %s\n", file, line, function, what);
  abort();
}

char *__strchr_chk(const char *text, int letter, size_t size) { return strchr(text, letter); }
char *__strrchr_chk(const char *text, int letter, size_t size) { return strrchr(text, letter); }
size_t __strlen_chk(const char *text, size_t size) { return strlen(text); }
ssize_t __write_chk(int file, const void *from, size_t count, size_t size) { return write(file, from, count); }

/* Never called here: without them the libraries do not load. */
void __gcov_dump(void) {}
void __gcov_flush(void) {}
