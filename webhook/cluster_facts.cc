// SPDX-License-Identifier: Apache-2.0
#include "webhook/cluster_facts.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "process/log.h"

namespace modelgate::webhook {

using admission::Fact;
using admission::ObjectKey;
using kube::Object;

namespace {

/// The API server's answer for the object: `secrets "a" not found`. For a kind that it does not serve it answers
/// `404 page not found`, and a proxy in between may answer anything.
bool is_absent(const kube::ApiError& error, const ObjectKey& key) {
  return error.is_not_found() && error.message.contains('"' + key.name + '"');
}

/// Like `kubectl get -o json` for several objects: {"kind": "List", "items": [...]}.
Object as_list(const kube::ObjectList& list) {
  spec::Arena arena;
  spec::Value items(rapidjson::kArrayType);
  for (const Object& object : list.items) items.PushBack(spec::clone(object.value(), arena), arena);
  spec::Value document(rapidjson::kObjectType);
  document.AddMember("apiVersion", "v1", arena);
  document.AddMember("kind", "List", arena);
  document.AddMember("items", items, arena);
  return Object::copy_of(document);
}

}  // namespace

/// One review's lookup, until every object was read. Lives on the client's thread.
struct ClusterFacts::Lookup {
  std::vector<ObjectKey> keys;
  http::SteadyTime deadline;
  http::RunOnThread thread;
  std::function<void(LookedUpFacts)> later;
  std::vector<Fact> facts;
  std::vector<std::optional<Object>> objects;
  std::size_t open = 0;

  LookedUpFacts result() {
    LookedUpFacts found;
    for (std::size_t i = 0; i < keys.size(); ++i) found.facts.emplace_back(std::move(keys[i]), facts[i]);
    found.objects = std::make_shared<std::vector<std::optional<Object>>>(std::move(objects));
    return found;
  }
};

std::optional<LookedUpFacts> ClusterFacts::look_up(const admission::Needs& needs, http::SteadyTime deadline,
                                                   http::RunOnThread thread,
                                                   std::function<void(LookedUpFacts)> later) {
  if (std::chrono::steady_clock::now() >= deadline) {
    unknown_ += needs.objects.size();
    return all_unknown(needs);
  }
  auto lookup = std::make_shared<Lookup>();
  lookup->keys = needs.objects;
  lookup->deadline = deadline;
  lookup->thread = std::move(thread);
  lookup->later = std::move(later);
  lookup->facts.resize(needs.objects.size());
  lookup->objects.resize(needs.objects.size());
  lookup->open = needs.objects.size();
  kube::asio::post(client_.context(), [this, lookup = std::move(lookup)] {
    for (std::size_t i = 0; i < lookup->keys.size(); ++i) {
      kube::asio::co_spawn(client_.context(), read(lookup, i), kube::asio::detached);
    }
  });
  return std::nullopt;
}

kube::Task<void> ClusterFacts::read(std::shared_ptr<Lookup> lookup, std::size_t index) {
  const ObjectKey& key = lookup->keys[index];
  Fact& fact = lookup->facts[index];
  const kube::Resource* const resource = kube::resource_of_kind(key.kind);
  const kube::CallOptions options{.deadline = lookup->deadline, .urgent = true};
  std::string problem;
  try {
    if (resource == nullptr) {
      problem = "unknown kind";
    } else if (key.name.empty()) {
      const kube::ListOptions all;
      auto list = co_await client_.list(*resource, key.namespace_, all, options);
      if (list) lookup->objects[index] = as_list(*list);
      if (!list && list.error().is_not_found()) fact.state = Fact::State::kAbsent;
      if (!list) problem = list.error().to_string();
    } else {
      auto object = co_await client_.get(*resource, key.namespace_, key.name, options);
      if (object) lookup->objects[index] = std::move(*object);
      if (!object && is_absent(object.error(), key)) fact.state = Fact::State::kAbsent;
      if (!object) problem = object.error().to_string();
    }
  } catch (const std::exception& bug) {
    problem = bug.what();
    log::error("a live read failed", {{"kind", key.kind}, {"reason", problem}});
  }
  if (lookup->objects[index]) fact = {Fact::State::kPresent, &lookup->objects[index]->value()};
  count(fact);
  if (fact.state == Fact::State::kUnknown) {
    log::debug("fact unknown",
               {{"kind", key.kind}, {"namespace", key.namespace_}, {"name", key.name}, {"reason", problem}});
  }
  if (--lookup->open > 0) co_return;
  lookup->thread(
      [later = std::move(lookup->later), found = lookup->result()]() mutable { later(std::move(found)); });
}

void ClusterFacts::count(const Fact& fact) {
  switch (fact.state) {
    case Fact::State::kPresent:
      ++present_;
      break;
    case Fact::State::kAbsent:
      ++absent_;
      break;
    case Fact::State::kUnknown:
      ++unknown_;
      break;
  }
}

FactCounts ClusterFacts::counts() const {
  return {.present = present_, .absent = absent_, .unknown = unknown_};
}

}  // namespace modelgate::webhook
