/* Android's log, on stderr. Built as liblog.so. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int __android_log_vprint(int level, const char *tag, const char *format, va_list values) {
  fprintf(stderr, "[%s] ", tag);
  vfprintf(stderr, format, values);
  return fputc('\n', stderr);
}

int __android_log_print(int level, const char *tag, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int result = __android_log_vprint(level, tag, format, values);
  va_end(values);
  return result;
}

int __android_log_write(int level, const char *tag, const char *text) { return fprintf(stderr, "[%s] %s\n", tag, text); }

void __android_log_assert(const char *condition, const char *tag, const char *format, ...) {
  fprintf(stderr, "[%s] assertion failed: %s\n", tag, condition ? condition : format);
  abort();
}
