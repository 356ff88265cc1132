// SPDX-License-Identifier: Apache-2.0
#include "workload/go_json.h"

#include <fmt/format.h>

#include <span>

namespace modelgate::workload {
namespace {

using spec::Value;

/// A field of a Go struct, in its place there.
struct GoField {
  std::string_view name;
  bool omit_empty = true;
  std::string_view zero = {};            // what stands there where it is absent and not left out
  std::span<const GoField> fields = {};  // of a struct, or of the structs in a list
};

constexpr GoField kHeader[] = {{"name", false, R"("")"}, {"value", false, R"("")"}};
constexpr GoField kExec[] = {{"command"}};
constexpr GoField kHttpGet[] = {
    {"path"}, {"port", false, "0"}, {"host"}, {"scheme"}, {"httpHeaders", true, {}, kHeader}};
constexpr GoField kTcpSocket[] = {{"port", false, "0"}, {"host"}};
constexpr GoField kGrpc[] = {{"port", false, "0"}, {"service", false, "null"}};
constexpr GoField kProbe[] = {{"exec", true, {}, kExec},
                              {"httpGet", true, {}, kHttpGet},
                              {"tcpSocket", true, {}, kTcpSocket},
                              {"grpc", true, {}, kGrpc},
                              {"initialDelaySeconds"},
                              {"timeoutSeconds"},
                              {"periodSeconds"},
                              {"successThreshold"},
                              {"failureThreshold"},
                              {"terminationGracePeriodSeconds"}};

void append_text(std::string_view text, std::string& out) {
  std::string plain;
  spec::append_json(text, plain);
  for (const char c : plain) {
    if (c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
}

bool is_empty(const Value& v) {
  return (v.IsString() && v.GetStringLength() == 0) || (v.IsNumber() && v.GetDouble() == 0) ||
         (v.IsArray() && v.Empty());
}

void append(const Value& v, std::span<const GoField> fields, std::string& out);

void append_struct(const Value& v, std::span<const GoField> fields, std::string& out) {
  out += '{';
  bool first = true;
  for (const GoField& f : fields) {
    const Value* member = spec::find(v, f.name);
    if (f.omit_empty && (!member || is_empty(*member))) continue;
    if (!first) out += ',';
    first = false;
    append_text(f.name, out);
    out += ':';
    if (member) {
      append(*member, f.fields, out);
    } else {
      out += f.zero;
    }
  }
  out += '}';
}

void append(const Value& v, std::span<const GoField> fields, std::string& out) {
  if (v.IsObject()) return append_struct(v, fields, out);
  if (v.IsString()) return append_text(spec::text_of(v), out);
  if (!v.IsArray()) return spec::append_json(v, out);
  out += '[';
  for (const Value& e : v.GetArray()) {
    if (&e != v.Begin()) out += ',';
    append(e, fields, out);
  }
  out += ']';
}

}  // namespace

std::string go_json(const std::vector<std::pair<std::string, std::string>>& map) {
  std::string out = "{";
  for (const auto& [key, value] : map) {
    if (out.size() > 1) out += ',';
    append_text(key, out);
    out += ':';
    append_text(value, out);
  }
  return out + "}";
}

std::string go_json_of_probe(const Value& probe) {
  std::string out;
  append_struct(probe, kProbe, out);
  return out;
}

}  // namespace modelgate::workload
