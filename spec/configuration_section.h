// SPDX-License-Identifier: Apache-2.0
//
// Reads the fields of one JSON object of the configuration into plain values. Private to configuration.cc.
//
//   Section ingress(reading, "ingress", object);
//   ingress.text("urlScheme", out.url_scheme);
//   ingress.flag("enableGatewayApi", out.enable_gateway_api);
//   ingress.finish();                                    // warns about unknown fields
//
// An absent field does not change its value. A field with a wrong type or value is an error and does not
// change it either.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/configuration.h"

namespace modelgate::spec {

class Section {
 public:
  struct Problems {
    std::vector<ConfigurationProblem> errors;
    std::vector<ConfigurationProblem> warnings;
  };

  /// `object` must outlive this. `key` is a key of the ConfigMap, `path` the place of `object` in its JSON.
  Section(Problems& problems, std::string_view key, std::string path, const Value& object);

  void text(std::string_view field, std::string& out);
  void text(std::string_view field, std::optional<std::string>& out);
  /// Text; an empty one counts as absent.
  void text_or_default(std::string_view field, std::string& out);
  /// One of `allowed`, or empty.
  void choice(std::string_view field, std::span<const std::string_view> allowed, std::string& out);
  /// The index of the value in `allowed`.
  std::optional<std::size_t> choice(std::string_view field, std::span<const std::string_view> allowed);
  void flag(std::string_view field, bool& out);
  template <std::integral T>
  void integer(std::string_view field, T& out) {
    const auto n = whole(field, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    if (n) out = static_cast<T>(*n);
  }
  template <std::integral T>
  void integer(std::string_view field, std::optional<T>& out) {
    const auto n = whole(field, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    if (n) out = static_cast<T>(*n);
  }
  /// A whole number written as text. An empty text counts as absent.
  void number_as_text(std::string_view field, std::optional<std::int32_t>& out);
  void quantity(std::string_view field, std::optional<QuantitySetting>& out);
  /// cpuRequest, cpuLimit, memoryRequest, memoryLimit.
  void resources(ResourceSettings& out);
  void texts(std::string_view field, std::vector<std::string>& out);
  void text_map(std::string_view field, std::map<std::string, std::string>& out);
  void texts_map(std::string_view field, std::map<std::string, std::vector<std::string>>& out);
  /// A nested object, to be read and finished in the same way.
  std::optional<Section> section(std::string_view field);
  /// A known field that is not read.
  void ignore(std::string_view field) { find(field); }

  void error(std::string_view field, std::string message);
  void warning(std::string_view field, std::string message);
  /// Warns about fields that no call above named.
  void finish();

 private:
  const Value* find(std::string_view field);
  const Value* find_string(std::string_view field);
  const Value* wrong_type(std::string_view field, const Value& found, std::string_view allowed);
  std::optional<std::int64_t> whole(std::string_view field, std::int64_t least, std::int64_t most);
  bool read_texts(const std::string& field, const Value& list, std::vector<std::string>& out);
  std::string path_of(std::string_view field) const;

  Problems& problems_;
  std::string_view key_;
  std::string path_;
  const Value& object_;
  std::vector<std::string_view> known_;
};

/// `is "Standart", allowed are "Standard", "Knative" (did you mean "Standard"?)`
std::string not_allowed(std::string_view found, std::span<const std::string_view> allowed);

}  // namespace modelgate::spec
