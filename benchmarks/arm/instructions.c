/* A plugin for QEMU: how many instructions of the imitated processor were executed, in all threads, written at exit to the
   file that its argument `out=` names. The few prototypes of QEMU's plugin interface, version 1, that it needs are spelled
   here: Debian has no package with the header. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_info_t;
typedef void (*translated)(plugin_id, struct qemu_plugin_tb *);
typedef void (*executed)(unsigned int, void *);
typedef void (*ended)(plugin_id, void *);
enum flags { NO_REGISTERS };

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translated);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, executed, enum flags, void *);
extern void qemu_plugin_register_atexit_cb(plugin_id, ended, void *);

EXPORT int qemu_plugin_version = 1;

static uint64_t count;
static char out[4096];

static void on_executed(unsigned int processor, void *instructions) {
  (void)processor;
  /* Not QEMU's own addition, which loses some where threads add at once. */
  __atomic_fetch_add(&count, (uint64_t)(uintptr_t)instructions, __ATOMIC_RELAXED);
}

static void on_translated(plugin_id id, struct qemu_plugin_tb *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_cb(block, on_executed, NO_REGISTERS, (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void on_end(plugin_id id, void *nothing) {
  (void)id;
  (void)nothing;
  FILE *file = fopen(out, "w");
  if (file) {
    fprintf(file, "%" PRIu64 "\n", count);
    fclose(file);
  }
}

EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info_t *info, int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++)
    if (strncmp(argv[i], "out=", 4) == 0) snprintf(out, sizeof out, "%s", argv[i] + 4);
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
  qemu_plugin_register_atexit_cb(id, on_end, NULL);
  return out[0] ? 0 : -1;
}
