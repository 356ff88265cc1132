// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a listener is bound, as flags write it. Used by http/server.h and process/program_flags.h.
//
//   parse_address(":8081")->to_text() == ":8081"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace modelgate::process {

struct Address {
  std::string host;        // an IP address; "" for every interface, IPv6 and IPv4
  std::uint16_t port = 0;  // 0 lets the kernel choose

  std::string to_text() const;  // "127.0.0.1:9443", "[::1]:9443"
};

// "host:port", ":port", "[::1]:port"; a host must be an IP address or "localhost". Nothing for anything else.
std::optional<Address> parse_address(std::string_view text);

}  // namespace modelgate::process
