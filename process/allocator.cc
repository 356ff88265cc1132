// SPDX-License-Identifier: Apache-2.0
#include "process/allocator.h"

#include <malloc.h>

namespace modelgate::process {

void set_up_allocator() {
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  mallopt(M_ARENA_MAX, 4);
}

void give_back_free_memory() {
  malloc_trim(0);
}

}  // namespace modelgate::process
