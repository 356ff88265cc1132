// SPDX-License-Identifier: Apache-2.0
//
// A Secret, as far as it is looked into: which keys it has, and the few of its values that are settings and
// not secrets (an endpoint, a region, the type of a storage). Who calls: credentials.
//
// A value that was read goes no further than its caller: never into an error, a warning or a log.
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

  /// In `data`, or in `stringData`, where a manifest has it.
  bool has_key(std::string_view key) const;
  /// The value, decoded; nothing where there is no such key, or where its base64 is broken.
  std::optional<std::string> read(std::string_view key) const;
};

}  // namespace modelgate::workload
