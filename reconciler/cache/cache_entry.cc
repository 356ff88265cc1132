// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/cache_entry.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <tuple>

namespace modelgate::reconciler {
namespace {

std::optional<std::uint64_t> version_number(std::string_view version) {
  std::uint64_t out = 0;
  const char* const end = version.data() + version.size();
  const auto [at, error] = std::from_chars(version.data(), end, out);
  if (error != std::errc() || at != end) return std::nullopt;
  return out;
}

}  // namespace

bool is_older_version(std::string_view version, std::string_view other) {
  const auto a = version_number(version);
  const auto b = version_number(other);
  return a && b && *a < *b;
}

bool CacheEntry::is_newer_than(const kube::Object& object, Source source) const {
  const bool is_list = source == Source::kFirstList || source == Source::kList;
  if (is_list && !unconfirmed) return false;
  return is_older_version(object.resource_version(), resource_version.view());
}

void CacheEntry::confirm(const kube::Object& object, Source source) {
  // A reply with the version that is already cached (an apply that changed nothing) has no event.
  if (source != Source::kReply) unconfirmed = false;
  if (source == Source::kReply && object.resource_version() != resource_version.view()) unconfirmed = true;
}

bool Member::same_as(const Member& other) const {
  const auto parts = [](const Member& m) {
    return std::tie(m.owner, m.digest, m.replicas, m.has_replicas, m.replicas_ours, m.replicas_others,
                    m.being_deleted, m.kserve_manages);
  };
  return parts(*this) == parts(other) && uid == other.uid && owner_uid == other.owner_uid &&
         observed == other.observed;
}

std::uint64_t digest_number(std::string_view digest) {
  std::uint64_t out = 0;
  std::from_chars(digest.data(), digest.data() + digest.size(), out, 16);
  return out;
}

std::string digest_text(std::uint64_t digest) {
  return digest == 0 ? std::string() : fmt::format("{:016x}", digest);
}

}  // namespace modelgate::reconciler
