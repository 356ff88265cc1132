// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes Events, as `kubectl describe` and `kubectl get events` show them. Like client-go's: the same
// event again counts up the first one; many different ones on one object within ten minutes become one that
// says so; each object has a budget (25 at once, then one in five minutes), so that trouble never floods
// etcd.
//
//   EventRecorder events(client, {.component = "modelgate-webhook", .instance = pod_name});
//   events.warn({kConfigMaps, ns, name, uid}, "InvalidConfiguration", message);
//
// Telling never waits and never fails: an event that cannot be sent is tried again a few times and then
// dropped, with a line in the log. An admission request sends none (sideEffects: None).
#pragma once

#include <memory>
#include <string>

#include "kube/client.h"

namespace modelgate::kube {

struct EventSource {
  std::string component;
  std::string instance;
};

struct ObjectReference {
  const Resource* resource = nullptr;
  std::string ns, name, uid;
};

class EventRecorder {
 public:
  EventRecorder(Client& client, EventSource source);
  ~EventRecorder();

  /// `reason` is one word in CamelCase; `message` is cut at 1,024 characters, the API's limit.
  void normal(const ObjectReference& about, std::string_view reason, std::string_view message);
  void warn(const ObjectReference& about, std::string_view reason, std::string_view message);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::kube
