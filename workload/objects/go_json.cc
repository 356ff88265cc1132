// SPDX-License-Identifier: Apache-2.0
#include "workload/objects/go_json.h"

#include <algorithm>
#include <array>
#include <span>

namespace modelgate::workload {
namespace {

using spec::Value;

/// A field of a Go struct, in the struct's order.
struct GoField {
  std::string_view name;
  bool omit_empty = true;
  std::string_view zero = {};            // written if it is absent and not omitted
  std::span<const GoField> fields = {};  // of a struct, or of the structs in a list
  bool pointer = false;                  // a pointer to a number: zero is not empty
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
                              {"terminationGracePeriodSeconds", true, {}, {}, true}};

/// What Go escapes in addition to JSON, so that a text is safe in HTML and JavaScript.
struct Escape {
  std::string_view text;
  std::string_view escaped;
};
constexpr std::array<Escape, 5> kEscapes = {{{"<", "\\u003c"},
                                             {">", "\\u003e"},
                                             {"&", "\\u0026"},
                                             {"\xe2\x80\xa8", "\\u2028"},
                                             {"\xe2\x80\xa9", "\\u2029"}}};

void append_text(std::string_view text, std::string& out) {
  std::string plain;
  spec::append_json(text, plain);
  for (std::string_view rest = plain; !rest.empty();) {
    const auto* escape =
        std::ranges::find_if(kEscapes, [&](const Escape& e) { return rest.starts_with(e.text); });
    const bool found = escape != kEscapes.end();
    out += found ? escape->escaped : rest.substr(0, 1);
    rest.remove_prefix(found ? escape->text.size() : 1);
  }
}

bool is_empty(const Value& v, bool pointer) {
  return (v.IsString() && v.GetStringLength() == 0) || (v.IsNumber() && !pointer && v.GetDouble() == 0) ||
         (v.IsArray() && v.Empty());
}

void append(const Value& v, std::span<const GoField> fields, std::string& out);

void append_struct(const Value& v, std::span<const GoField> fields, std::string& out) {
  out += '{';
  bool first = true;
  for (const GoField& f : fields) {
    const Value* member = spec::find(v, f.name);
    if (f.omit_empty && (!member || is_empty(*member, f.pointer))) continue;
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
