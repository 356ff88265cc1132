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

/// The API server's own answer about the object: `secrets "a" not found`. Of a kind that it does not have it
/// says `404 page not found`, and a proxy on the way says whatever it likes.
bool says_absent(const kube::ApiError& error, const ObjectKey& key) {
  return error.is_not_found() && error.message.contains('"' + key.name + '"');
}

/// As `kubectl get -o json` gives several: {"kind": "List", "items": [...]}.
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

// One review's, until every object was looked at. Lives on the client's thread.
struct ClusterFacts::Question {
  std::vector<ObjectKey> keys;
  http::SteadyTime deadline;
  http::RunOnThread thread;
  std::function<void(ToldFacts)> later;
  std::vector<Fact> facts;
  std::vector<std::optional<Object>> objects;
  std::size_t open = 0;

  ToldFacts answer() {
    ToldFacts told;
    for (std::size_t i = 0; i < keys.size(); ++i) told.facts.emplace_back(std::move(keys[i]), facts[i]);
    told.objects = std::make_shared<std::vector<std::optional<Object>>>(std::move(objects));
    return told;
  }
};

std::optional<ToldFacts> ClusterFacts::ask(const admission::Needs& needs, http::SteadyTime deadline,
                                           http::RunOnThread thread, std::function<void(ToldFacts)> later) {
  if (std::chrono::steady_clock::now() >= deadline) {
    unknown_ += needs.objects.size();
    return all_unknown(needs);
  }
  auto question = std::make_shared<Question>();
  question->keys = needs.objects;
  question->deadline = deadline;
  question->thread = std::move(thread);
  question->later = std::move(later);
  question->facts.resize(needs.objects.size());
  question->objects.resize(needs.objects.size());
  question->open = needs.objects.size();
  kube::asio::post(client_.context(), [this, question = std::move(question)] {
    for (std::size_t i = 0; i < question->keys.size(); ++i) {
      kube::asio::co_spawn(client_.context(), read(question, i), kube::asio::detached);
    }
  });
  return std::nullopt;
}

kube::Task<void> ClusterFacts::read(std::shared_ptr<Question> question, std::size_t index) {
  const ObjectKey& key = question->keys[index];
  Fact& fact = question->facts[index];
  const kube::Resource* const resource = kube::resource_of_kind(key.kind);
  const kube::CallOptions options{.deadline = question->deadline, .urgent = true};
  std::string problem;
  try {
    if (resource == nullptr) {
      problem = "there is no such kind here";
    } else if (key.name.empty()) {
      const kube::ListOptions all;
      auto list = co_await client_.list(*resource, key.namespace_, all, options);
      if (list) question->objects[index] = as_list(*list);
      if (!list && list.error().is_not_found()) fact.state = Fact::State::kAbsent;
      if (!list) problem = list.error().to_string();
    } else {
      auto object = co_await client_.get(*resource, key.namespace_, key.name, options);
      if (object) question->objects[index] = std::move(*object);
      if (!object && says_absent(object.error(), key)) fact.state = Fact::State::kAbsent;
      if (!object) problem = object.error().to_string();
    }
  } catch (const std::exception& bug) {
    problem = bug.what();
    log::error("a live read failed", {{"kind", key.kind}, {"reason", problem}});
  }
  if (question->objects[index]) fact = {Fact::State::kPresent, &question->objects[index]->value()};
  count(fact);
  if (fact.state == Fact::State::kUnknown) {
    log::debug("not known",
               {{"kind", key.kind}, {"namespace", key.namespace_}, {"name", key.name}, {"reason", problem}});
  }
  if (--question->open > 0) co_return;
  question->thread(
      [later = std::move(question->later), told = question->answer()]() mutable { later(std::move(told)); });
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
