// Preloaded into a process, this takes off its CPU what is above RERANK_SIMD: AMX for avx512vnni,
// AVX-512 too for avxvnni, AVX-VNNI too for avx2. When a process asks CPUID, the kernel stops it,
// and it is answered here. So engines that have no setting for it compute as on a CPU that lacks
// these.
// Linux on a CPU that can stop CPUID (cpuid_fault in /proc/cpuinfo):
//
//   cc -O2 -shared -fPIC -o lesscpu.so lesscpu.c
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { SET_CPUID = 0x1012, EAX = 0, EBX, ECX, EDX };

static struct sigaction before;
static int keep_vnni, keep_512;

static long stop_cpuid(int on) { return syscall(SYS_arch_prctl, SET_CPUID, !on); }

static void take(unsigned *word, const int *bits, int n) {
  for (int i = 0; i < n; i++) *word &= ~(1u << bits[i]);
}

#define TAKE(word, ...) take(&(word), (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

// less takes features out of the answer to one question.
static void less(unsigned leaf, unsigned sub, unsigned r[4]) {
  if (leaf == 7 && sub == 0) {
    TAKE(r[EDX], 22, 24, 25); // AMX
    if (keep_512) return;
    TAKE(r[EBX], 16, 17, 21, 26, 27, 28, 30, 31); // AVX-512 F, DQ, IFMA, PF, ER, CD, BW, VL
    TAKE(r[ECX], 1, 6, 11, 12, 14);               // AVX-512 VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ
    TAKE(r[EDX], 2, 3, 8, 23);                    // AVX-512 4VNNIW, 4FMAPS, VP2INTERSECT, FP16
  }
  if (leaf == 7 && sub == 1) {
    TAKE(r[EAX], 21); // AMX FP16
    TAKE(r[EDX], 8);  // AMX COMPLEX
    if (keep_512) return;
    TAKE(r[EAX], 5, 23);    // AVX-512 BF16; AVX-IFMA
    TAKE(r[EDX], 4, 5, 10); // AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16
    if (!keep_vnni) TAKE(r[EAX], 4);
  }
}

static void answer(int number, siginfo_t *info, void *context) {
  greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
  const uint8_t *at = (const uint8_t *)g[REG_RIP];
  if (info->si_code != SI_KERNEL || at[0] != 0x0f || at[1] != 0xa2) { // no CPUID: a fault as ever
    sigaction(number, &before, NULL);
    return;
  }
  unsigned leaf = g[REG_RAX], sub = g[REG_RCX], r[4];
  stop_cpuid(0);
  __cpuid_count(leaf, sub, r[EAX], r[EBX], r[ECX], r[EDX]);
  stop_cpuid(1);
  less(leaf, sub, r);
  g[REG_RAX] = r[EAX], g[REG_RBX] = r[EBX], g[REG_RCX] = r[ECX], g[REG_RDX] = r[EDX];
  g[REG_RIP] += 2;
}

__attribute__((constructor)) static void start(void) {
  const char *level = getenv("RERANK_SIMD");
  keep_512 = level && !strcmp(level, "avx512vnni");
  keep_vnni = level && !strcmp(level, "avxvnni");
  struct sigaction mine = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
  if (sigaction(SIGSEGV, &mine, &before) || stop_cpuid(1)) {
    fputs("lesscpu: CPUID cannot be stopped here\n", stderr);
    _exit(1);
  }
}
