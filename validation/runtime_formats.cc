// SPDX-License-Identifier: Apache-2.0
#include "validation/runtime_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "spec/text/ascii.h"
#include "validation/duplicates.h"

namespace modelgate::validation {
namespace {

using spec::SupportedModelFormatView;

constexpr std::array<std::string_view, 4> kProtocols = {"v1", "v2", "grpc-v1", "grpc-v2"};

/// Reports entries of one format that are selected automatically and differ in priority. KServe compares each
/// with the first entry, and none if that has no priority.
void check_entries_agree(const RuntimeObject& r, Report& report) {
  const auto formats = r.spec().supported_model_formats();
  const LazyPath list = r.spec_at() / "supportedModelFormats";
  std::unordered_map<std::string_view, std::optional<std::int64_t>> first;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (!formats[i].auto_select()) continue;
    const auto priority = formats[i].priority();
    const auto [it, is_first] = first.emplace(formats[i].name(), priority);
    if (is_first || !priority || !it->second || *it->second == *priority) continue;
    const LazyPath entry = list[i];
    report.add(invalid(
        entry / "priority", *priority,
        fmt::format("must be {}, as in the first entry of {}", *it->second, spec::quote(formats[i].name()))));
  }
}

/// KServe compares only runtimes that share a protocol that both name. A runtime that names none serves every
/// protocol, and is not compared.
bool compete(const RuntimeObject& r, const spec::Runtime& other) {
  if (other.name == r.metadata().name() || other.disabled || other.multi_model != r.spec().multi_model())
    return false;
  const spec::Value* protocols = r.spec().protocol_versions();
  if (!protocols || !protocols->IsArray()) return false;
  return std::ranges::any_of(protocols->GetArray(), [&](const spec::Value& p) {
    return p.IsString() && std::ranges::find(other.protocols, spec::text_of(p)) != other.protocols.end();
  });
}

/// What no two runtimes may share. The case of names does not count.
std::string selection_key(std::string_view name, std::optional<std::string_view> version,
                          std::int64_t priority) {
  std::string key(name);
  std::ranges::transform(key, key.begin(), text::to_lower);
  return key + '\n' + (version ? "v" + std::string(*version) : std::string{}) + '\n' +
         std::to_string(priority);
}

void check_against(const RuntimeObject& r, const spec::Runtime& other, Report& report) {
  std::unordered_set<std::string> taken;
  for (const spec::Runtime::Format& f : other.formats) {
    if (f.auto_select && f.priority) taken.insert(selection_key(f.name, f.version, *f.priority));
  }
  const auto formats = r.spec().supported_model_formats();
  const LazyPath list = r.spec_at() / "supportedModelFormats";
  for (std::size_t i = 0; i < formats.size() && !taken.empty(); ++i) {
    const SupportedModelFormatView format = formats[i];
    const auto priority = format.priority();
    if (!format.auto_select() || !priority) continue;
    if (!taken.contains(selection_key(format.name(), format.version(), *priority))) continue;
    const LazyPath entry = list[i];
    report.add(invalid(entry / "priority", *priority,
                       fmt::format("{} has the same priority for {}: the selection would be arbitrary",
                                   other.display_name(), spec::quote(format.name()))));
  }
}

}  // namespace

void check_priorities_agree(const RuntimeObject& r, Report& report) {
  // KServe compares once for each stored runtime of the scope, this one included. Without any it never does.
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
  const LazyPath list = r.spec_at() / "supportedModelFormats";
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const SupportedModelFormatView format = formats[i];
    const LazyPath entry = list[i];
    if (format.name().empty()) report.add(required(entry / "name", "services select a format by its name"));
    if (format.priority() && *format.priority() < 1)
      report.add(invalid(entry / "priority", *format.priority(), "must be at least 1"));
  }
  std::vector<std::string> keys;
  for (const SupportedModelFormatView format : formats) {
    const auto version = format.version();
    keys.push_back(version ? fmt::format("{} {}", format.name(), *version) : std::string(format.name()));
  }
  const auto key = [&](std::size_t i) { return std::string_view(keys[i]); };
  for_each_duplicate(formats.size(), key, [&](std::size_t i) { report.add(duplicate(list[i], key(i))); });
}

void check_protocol_versions(const RuntimeObject& r, Report& report) {
  const spec::Value* protocols = r.spec().protocol_versions();
  if (!protocols || !protocols->IsArray()) return;
  const LazyPath list = r.spec_at() / "protocolVersions";
  for (rapidjson::SizeType i = 0; i < protocols->Size(); ++i) {
    const spec::Value& p = (*protocols)[i];
    if (!p.IsString() || std::ranges::find(kProtocols, spec::text_of(p)) != kProtocols.end()) continue;
    report.add(not_supported(list[i], spec::text_of(p), kProtocols));
  }
}

}  // namespace modelgate::validation
