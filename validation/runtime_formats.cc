// SPDX-License-Identifier: Apache-2.0
//
// What a runtime says it serves: model formats with priorities, and protocols.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "validation/runtime_rules.h"

namespace modelgate::validation {
namespace {

using spec::SupportedModelFormatView;

constexpr std::array<std::string_view, 4> kProtocols = {"v1", "v2", "grpc-v1", "grpc-v2"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// KServe compares names of formats of two runtimes without regard to case, and only here.
bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool same_priority(const std::optional<std::int64_t>& a, const std::optional<std::int64_t>& b) {
  return a && b && *a == *b;
}

/// Two entries of one format that are chosen automatically and differ in priority.
void check_entries_agree(const RuntimeObject& r, Report& report) {
  const auto formats = r.spec().supported_model_formats();
  const At list = r.spec_at() / "supportedModelFormats";
  for (std::size_t i = 1; i < formats.size(); ++i) {
    if (!formats[i].auto_select() || !formats[i].priority()) continue;
    for (std::size_t j = 0; j < i; ++j) {
      if (!formats[j].auto_select() || formats[j].name() != formats[i].name()) continue;
      // KServe compares with the first entry; where that has no priority, with none.
      if (formats[j].priority() && *formats[j].priority() != *formats[i].priority()) {
        const At entry = list[i];
        report.invalid(entry / "priority", *formats[i].priority(),
                       fmt::format("must be {}, as in the other entry of {}", *formats[j].priority(),
                                   spec::quoted(formats[i].name())));
      }
      break;
    }
  }
}

/// KServe compares only runtimes that both name a protocol, the same one: two that name none serve every
/// protocol and are not compared.
bool compete(const RuntimeObject& r, const spec::Runtime& other) {
  if (other.name == r.metadata().name() || other.disabled || other.multi_model != r.spec().multi_model())
    return false;
  const spec::Value* protocols = r.spec().protocol_versions();
  if (!protocols || !protocols->IsArray()) return false;
  return std::ranges::any_of(protocols->GetArray(), [&](const spec::Value& p) {
    return p.IsString() && std::ranges::find(other.protocols, spec::text_of(p)) != other.protocols.end();
  });
}

void check_against(const RuntimeObject& r, const spec::Runtime& other, Report& report) {
  const auto formats = r.spec().supported_model_formats();
  const At list = r.spec_at() / "supportedModelFormats";
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const SupportedModelFormatView format = formats[i];
    if (!format.auto_select() || !format.priority()) continue;
    const auto same = [&](const spec::Runtime::Format& f) {
      return f.auto_select && same_name(f.name, format.name()) && f.version == format.version() &&
             same_priority(f.priority, format.priority());
    };
    if (std::ranges::none_of(other.formats, same)) continue;
    const At entry = list[i];
    report.invalid(entry / "priority", *format.priority(),
                   fmt::format("{} has this priority for {} too: which of them is chosen would be chance",
                               other.display_name(), spec::quoted(format.name())));
  }
}

}  // namespace

void check_priorities_agree(const RuntimeObject& r, Report& report) {
  // KServe asks once for each runtime that is stored beside it, this one included: where there is none,
  // never.
  if (r.disabled() || (r.others().empty() && !r.stored())) return;
  check_entries_agree(r, report);
}

void check_priorities_agree_always(const RuntimeObject& r, Report& report) {
  check_entries_agree(r, report);
}

void check_priorities_differ(const RuntimeObject& r, Report& report) {
  if (r.disabled()) return;
  for (const spec::Runtime& other : r.others()) {
    if (compete(r, other)) check_against(r, other, report);
  }
}

void check_formats(const RuntimeObject& r, Report& report) {
  const auto formats = r.spec().supported_model_formats();
  const At list = r.spec_at() / "supportedModelFormats";
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const SupportedModelFormatView format = formats[i];
    const At entry = list[i];
    if (format.name().empty()) report.required(entry / "name", "services ask for a format by it");
    if (format.priority() && *format.priority() < 1)
      report.invalid(entry / "priority", *format.priority(), "must be at least 1");
    for (std::size_t j = 0; j < i && !format.name().empty(); ++j) {
      if (formats[j].name() != format.name() || formats[j].version() != format.version()) continue;
      const auto version = format.version();
      report.duplicate(entry,
                       version ? fmt::format("{} {}", format.name(), *version) : std::string(format.name()));
      break;
    }
  }
}

void check_protocol_versions(const RuntimeObject& r, Report& report) {
  const spec::Value* protocols = r.spec().protocol_versions();
  if (!protocols || !protocols->IsArray()) return;
  const At list = r.spec_at() / "protocolVersions";
  for (rapidjson::SizeType i = 0; i < protocols->Size(); ++i) {
    const spec::Value& p = (*protocols)[i];
    if (!p.IsString() || std::ranges::find(kProtocols, spec::text_of(p)) != kProtocols.end()) continue;
    report.not_supported(list[i], spec::text_of(p), kProtocols);
  }
}

}  // namespace modelgate::validation
