// SPDX-License-Identifier: Apache-2.0
#include "process/address.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace modelgate::process {
namespace {

struct AddressCase {
  const char* name;
  const char* text;
  const char* host;  // null: rejected
  std::uint16_t port;
};

class Addresses : public testing::TestWithParam<AddressCase> {};

TEST_P(Addresses, AreRead) {
  const auto address = parse_address(GetParam().text);
  ASSERT_EQ(address.has_value(), GetParam().host != nullptr);
  if (!address) return;
  EXPECT_EQ(address->host, GetParam().host);
  EXPECT_EQ(address->port, GetParam().port);
}

INSTANTIATE_TEST_SUITE_P(Table, Addresses,
                         testing::Values(AddressCase{"PortAlone", ":8080", "", 8080},
                                         AddressCase{"V4", "10.0.0.1:1", "10.0.0.1", 1},
                                         AddressCase{"V6", "[fe80::1]:65535", "fe80::1", 65535},
                                         AddressCase{"Localhost", "localhost:0", "127.0.0.1", 0},
                                         AddressCase{"Empty", "", nullptr, 0},
                                         AddressCase{"NoPort", "1.2.3.4:", nullptr, 0},
                                         AddressCase{"PortTooLarge", ":65536", nullptr, 0},
                                         AddressCase{"Sign", ":+1", nullptr, 0},
                                         AddressCase{"Name", "host:1", nullptr, 0}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::process
