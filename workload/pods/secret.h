// SPDX-License-Identifier: Apache-2.0
//
// A Secret: which keys it has, and the values that are settings and not secret (an endpoint, a region, a
// storage type). Called by the files about credentials.
//
// A value that was read must never appear in an error, a warning or a log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spec/core.h"

namespace modelgate::workload {

class SecretView : public spec::ObjectView {
 public:
  using ObjectView::ObjectView;
  spec::ObjectMetaView metadata() const { return object<spec::ObjectMetaView>("metadata"); }
  std::string_view name() const { return metadata().name(); }
  std::string_view type() const { return string("type"); }

  /// In `data`, or in the `stringData` of a manifest.
  bool has_key(std::string_view key) const;
  /// The decoded value; nullopt if there is no such key, or if its base64 is invalid.
  std::optional<std::string> read(std::string_view key) const;
};

}  // namespace modelgate::workload
