/*
 * What Debian's libstdc++ and libgcc want of glibc and musl does not have. Only good enough to run a program built
 * for musl on a machine that has no libstdc++ for musl; see ../run-on-musl.mjs.
 */
#define _GNU_SOURCE
#include <link.h>
#include <locale.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

/* False: always take the way for several threads. */
char __libc_single_threaded = 0;

/* Destructors of thread-local objects; the process ends without them. */
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library) {
  (void)destroy, (void)object, (void)library;
  return 0;
}

uint32_t arc4random(void) {
  uint32_t value = 0;
  (void)!getrandom(&value, sizeof value, 0);
  return value;
}

size_t __strftime_l(char *text, size_t size, const char *format, const struct tm *time, locale_t locale) {
  return strftime_l(text, size, format, time, locale);
}

/* libgcc asks what the processor can do; zero is the least. */
struct { unsigned vendor, type, subtype, features[1]; } __cpu_model;
int __cpu_indicator_init(void) { return 0; }

/* How libgcc finds the tables to unwind the stack with when a C++ exception is thrown. */
struct dl_find_object {
  unsigned long long flags;
  void *start, *end;
  struct link_map *map;
  void *frames;
  unsigned long long reserved[7];
};

struct search {
  uintptr_t address;
  struct dl_find_object *found;
};

static int look(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  struct search *search = data;
  uintptr_t start = UINTPTR_MAX, end = 0, frames = 0;
  int inside = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    uintptr_t from = info->dlpi_addr + segment->p_vaddr, to = from + segment->p_memsz;
    if (segment->p_type == PT_GNU_EH_FRAME) frames = from;
    if (segment->p_type != PT_LOAD) continue;
    inside |= search->address >= from && search->address < to;
    if (from < start) start = from;
    if (to > end) end = to;
  }
  if (!inside || frames == 0) return 0;
  *search->found = (struct dl_find_object){.start = (void *)start, .end = (void *)end, .frames = (void *)frames};
  return 1;
}

int _dl_find_object(void *address, struct dl_find_object *found) {
  struct search search = {(uintptr_t)address, found};
  return dl_iterate_phdr(look, &search) ? 0 : -1;
}
