// SPDX-License-Identifier: Apache-2.0
//
// The stream of a watch: newline-delimited JSON events on one connection. Made by kube/client/client.cc.
#pragma once

#include <memory>
#include <string>

#include "kube/client/client_transport.h"

namespace modelgate::kube {

/// An event's line: an object of etcd's 1.5 MiB, its managed fields, and room.
inline constexpr std::size_t kMaxWatchLine = std::size_t{8} << 20;

/// One line of a watch. An ERROR event is an error.
ApiResult<WatchEvent> read_watch_event(std::string_view line, bool managed_fields = false);

/// `connection`'s answer has begun and its deadline is set. `faults`: none, or ClientOptions' own.
std::unique_ptr<Watch> make_watch(std::unique_ptr<LiveConnection> connection, std::string request,
                                  bool managed_fields = false, FaultInjector* faults = nullptr);

}  // namespace modelgate::kube
