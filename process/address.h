// SPDX-License-Identifier: Apache-2.0
//
// The address of a listener, as in flags. Used by http/server.h and process/program_flags.h.
//
//   parse_address(":8081")->to_text() == ":8081"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace modelgate::process {

struct Address {
  std::string host;        // an IP address; "" for all interfaces, IPv6 and IPv4
  std::uint16_t port = 0;  // 0 lets the kernel choose

  std::string to_text() const;  // "127.0.0.1:9443", "[::1]:9443"
};

/// "host:port", ":port" or "[::1]:port", with an IP address or "localhost" as host. Nothing for other texts.
std::optional<Address> parse_address(std::string_view text);

}  // namespace modelgate::process
