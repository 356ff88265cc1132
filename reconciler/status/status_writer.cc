// SPDX-License-Identifier: Apache-2.0
#include "reconciler/status/status_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "reconciler/apply/answers.h"
#include "workload/objects/object_builder.h"

namespace modelgate::reconciler {
namespace {

using Result = StatusOutcome::Result;
using spec::Value;

const Value& status_of(const Value& service) {
  static const Value kNone(rapidjson::kObjectType);
  const Value* status = spec::find(service, "status");
  return status && status->IsObject() ? *status : kNone;
}

std::string patch_body(const ServiceRecord& record, Value patch, spec::Arena& arena) {
  using workload::ObjectBuilder;
  return spec::to_json(
      ObjectBuilder(arena)
          .value("metadata", ObjectBuilder(arena).text("resourceVersion", record.resource_version).take())
          .value("status", std::move(patch))
          .take());
}

}  // namespace

std::optional<Value> merge_patch(const Value& before, const Value& after, spec::Arena& arena) {
  Value patch(rapidjson::kObjectType);
  const auto add = [&](const Value& name, Value value) {
    patch.AddMember(spec::clone(name, arena), std::move(value), arena);
  };
  for (const auto& m : after.GetObject()) {
    const Value* old = spec::find(before, spec::text_of(m.name));
    if (old && old->IsObject() && m.value.IsObject()) {
      if (auto inner = merge_patch(*old, m.value, arena)) add(m.name, std::move(*inner));
    } else if (!old || !spec::equal(*old, m.value)) {
      add(m.name, spec::clone(m.value, arena));
    }
  }
  for (const auto& m : before.GetObject()) {
    if (!spec::find(after, spec::text_of(m.name))) add(m.name, Value(rapidjson::kNullType));
  }
  if (patch.ObjectEmpty()) return std::nullopt;
  return patch;
}

kube::Task<StatusOutcome> StatusWriter::write(ServiceRecord record, const Value& service, const Value& status,
                                              kube::SteadyTime until) {
  spec::Arena arena;
  auto patch = merge_patch(status_of(service), status, arena);
  if (!patch || would_be_pruned(*patch)) co_return StatusOutcome{};
  const std::string digest = spec::digest(status);
  const auto known = pruned_.find(record.uid);
  const bool sent_before = known != pruned_.end() && known->second.sent_digest == digest &&
                           known->second.stored_digest == spec::digest(status_of(service));
  if (sent_before) co_return StatusOutcome{};
  const kube::SteadyTime now = std::chrono::steady_clock::now();
  if (const auto wait = breaker_.wait(record.uid, now); wait.count() > 0)
    co_return StatusOutcome{.result = Result::kHeld, .again_at = now + wait};

  const std::string body = patch_body(record, std::move(*patch), arena);
  const kube::CallOptions call{.deadline = until, .subresource = "status"};
  auto written =
      co_await client_.merge_patch(kube::kInferenceServices, record.key.ns, record.key.name, body, call);
  if (!written) {
    const kube::ApiError& error = written.error();
    if (error.is_not_found()) co_return StatusOutcome{.result = Result::kGone};
    if (error.is_conflict()) co_return StatusOutcome{.result = Result::kConflict};
    co_return StatusOutcome{.result = is_refusal(error) ? Result::kRefused : Result::kFailed,
                            .problem = error.to_string()};
  }
  breaker_.note(record.uid, now);
  const std::string stored = spec::digest(status_of(written->value()));
  if (stored == digest) {
    pruned_.erase(record.uid);
  } else {
    pruned_.insert_or_assign(record.uid, Pruned{digest, stored});
  }
  note_pruned(status, status_of(written->value()));
  cache_.put(kube::kInferenceServices, *written);
  co_return StatusOutcome{.result = Result::kWritten};
}

bool StatusWriter::would_be_pruned(const Value& patch) const {
  return std::ranges::all_of(patch.GetObject(), [this](const auto& m) {
    return pruned_members_.contains(std::string(spec::text_of(m.name)));
  });
}

/// A later CRD may have the member.
void StatusWriter::note_pruned(const Value& sent, const Value& stored) {
  for (const auto& m : sent.GetObject()) {
    const std::string name(spec::text_of(m.name));
    if (spec::find(stored, name)) {
      pruned_members_.erase(name);
    } else {
      pruned_members_.insert(name);
    }
  }
}

}  // namespace modelgate::reconciler
