/* Preloaded on arm64. Android keeps the guard of the stack at thread pointer + 0x28, where Debian keeps the first thread-local
 * variables, errno among them: these bytes take that place, and nothing changes them. */
__thread char android_guard[64] __attribute__((aligned(16), tls_model("initial-exec"))) = {1};
char *android_guard_place(void) { return android_guard; }
