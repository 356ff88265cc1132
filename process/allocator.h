// SPDX-License-Identifier: Apache-2.0
#pragma once

// How glibc's allocator is to treat this process' memory. Called once, at the beginning of main.

namespace modelgate::process {

// Memory of large blocks goes back to the kernel when they do, and threads share the allocator's arenas:
// glibc would otherwise raise the first bound with each large block and make eight arenas for each CPU.
void set_up_allocator();

}  // namespace modelgate::process
