// SPDX-License-Identifier: Apache-2.0
#include "kube/live_fact.h"

#include <fmt/format.h>

#include <utility>

#include "kube/client/resource.h"
#include "spec/view.h"

namespace modelgate::kube {
namespace {

using spec::Fact;
using spec::ObjectKey;

/// The API server's answer for the object: `secrets "a" not found`. For a kind that it does not serve it
/// answers `404 page not found`, and a proxy in between may answer anything.
bool is_absent(const ApiError& error, const ObjectKey& key) {
  return error.is_not_found() && error.message.contains('"' + key.name + '"');
}

/// False for what a proxy may answer: another object, or a page that happens to be JSON.
bool is_answer_for(const Object& object, const ObjectKey& key) {
  const spec::ObjectView view(object.value());
  const std::string_view kind = view.string("kind");
  return view.object("metadata").string("name") == key.name && (kind.empty() || kind == key.kind);
}

/// Like `kubectl get -o json` for several objects: {"kind": "List", "items": [...]}.
Object as_list(const ObjectList& list) {
  spec::Arena arena;
  spec::Value items(rapidjson::kArrayType);
  for (const Object& object : list.items) items.PushBack(spec::clone(object.value(), arena), arena);
  spec::Value document(rapidjson::kObjectType);
  document.AddMember("apiVersion", "v1", arena);
  document.AddMember("kind", "List", arena);
  document.AddMember("items", items, arena);
  return Object::copy_of(document);
}

LiveFact present(Object object) {
  return {.state = Fact::State::kPresent, .object = std::move(object), .problem = {}};
}

LiveFact without_object(const ApiError& error, bool absent) {
  return {.state = absent ? Fact::State::kAbsent : Fact::State::kUnknown,
          .object = {},
          .problem = error.to_string(),
          .overloaded = error.kind == ApiError::Kind::kDeadline || error.is_too_many_requests()};
}

}  // namespace

Task<LiveFact> read_live_fact(Client& client, ObjectKey key, CallOptions options) {
  const Resource* const resource = resource_of_kind(key.kind);
  if (resource == nullptr) co_return LiveFact{.object = {}, .problem = "unknown kind"};
  if (key.name.empty()) {
    const ListOptions all;
    auto list = co_await client.list(*resource, key.namespace_, all, options);
    if (!list) co_return without_object(list.error(), list.error().is_not_found());
    co_return present(as_list(*list));
  }
  auto object = co_await client.get(*resource, key.namespace_, key.name, options);
  if (!object) co_return without_object(object.error(), is_absent(object.error(), key));
  if (is_answer_for(*object, key)) co_return present(std::move(*object));
  co_return LiveFact{.object = {}, .problem = fmt::format("the answer is not the {} {}", key.kind, key.name)};
}

}  // namespace modelgate::kube
