// SPDX-License-Identifier: Apache-2.0
//
// Settings of glibc's allocator for this process.
#pragma once

namespace modelgate::process {

/// Freed large blocks are returned to the kernel, and threads share the allocator's arenas. By default glibc
/// raises the size of a large block each time one is freed, and creates up to eight arenas per CPU. Call
/// once, at the start of main.
void set_up_allocator();

/// Returns all free pages to the kernel, also those between used blocks, which glibc keeps after a burst of
/// work. Takes some milliseconds for 100 MB, during which other threads wait for allocations. From any
/// thread.
void give_back_free_memory();

}  // namespace modelgate::process
