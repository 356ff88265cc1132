// SPDX-License-Identifier: Apache-2.0
#pragma once

// How glibc's allocator is to treat this process' memory.

namespace modelgate::process {

// Memory of large blocks goes back to the kernel when they do, and threads share the allocator's arenas:
// glibc would otherwise raise the first bound with each large block and make eight arenas for each CPU.
// Called once, at the beginning of main.
void set_up_allocator();

// Gives the kernel every whole page that is free, also between blocks that are in use: after a burst of work
// the pages stay else. Some milliseconds for 100 MB, during which other threads wait to allocate. From any
// thread.
void give_back_free_memory();

}  // namespace modelgate::process
