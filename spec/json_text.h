// SPDX-License-Identifier: Apache-2.0
//
// JSON values as text: compact, for people, and canonical.
//
//   std::string body = to_json(document);
#pragma once

#include <string>
#include <string_view>

#include "spec/rapidjson.h"

namespace modelgate::spec {

/// Compact JSON text. A whole double is written without a fraction, as Kubernetes writes it.
std::string to_json(const Value& value);
void append_json(const Value& value, std::string& out);
/// A string, quoted and escaped.
void append_json(std::string_view text, std::string& out);

/// Indented by two blanks, for people: characters that a terminal acts on or hides are escaped.
std::string to_pretty_json(const Value& value);

/// Compact JSON with the members of each object sorted by key: the same text for the same meaning.
std::string to_canonical_json(const Value& value);

/// 64 bits of FNV-1a over the canonical form, as 16 hexadecimal digits. Distinguishes values, but does not
/// protect against deliberate collisions.
std::string digest(const Value& value);

}  // namespace modelgate::spec
