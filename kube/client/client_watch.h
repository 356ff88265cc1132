// SPDX-License-Identifier: Apache-2.0
//
// The stream of a watch: newline-delimited JSON events on one connection. Used by kube/client/client.cc.
#pragma once

#include <memory>
#include <string>

#include "kube/client/client_transport.h"

namespace modelgate::kube {

/// The longest event: etcd's limit of 1.5 MiB for an object, its managed fields, and a margin.
inline constexpr std::size_t kMaxWatchLine = std::size_t{8} << 20;

/// Parses one line of a watch. Returns an ERROR event as an error.
ApiResult<WatchEvent> read_watch_event(std::string_view line, bool managed_fields = false);

/// The answer on `connection` has started and its deadline is set. `faults` may be null.
std::unique_ptr<Watch> make_watch(std::unique_ptr<LiveConnection> connection, std::string request,
                                  bool managed_fields = false, FaultInjector* faults = nullptr);

}  // namespace modelgate::kube
