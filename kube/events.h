// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes Events, as `kubectl describe` and `kubectl get events` show them. Like client-go's: the same
// event again counts up the first one; many different ones on one object within ten minutes become one that
// says so; each object has a budget (25 at once, then one in five minutes), so that trouble never floods
// etcd. kube/event_correlator.h decides.
//
//   EventRecorder events(client, {.component = "modelgate-webhook", .instance = pod_name});
//   events.warn({&kConfigMaps, ns, name, uid}, "InvalidConfiguration", message);
//
// Telling never waits and never fails: an event that cannot be sent is tried again a few times and then
// dropped, with a line in the log. An admission request sends none (sideEffects: None).
//
// On the client's thread. Verbs on events that it needs: create, patch.
#pragma once

#include <memory>
#include <string>

#include "kube/client/client.h"

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
  /// The client must outlive it. What is not sent when it goes is dropped.
  EventRecorder(Client& client, EventSource source);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  /// `reason` is one word in CamelCase; `message` is cut at 1,024 bytes, the API's limit.
  void normal(const ObjectReference& about, std::string_view reason, std::string_view message);
  void warn(const ObjectReference& about, std::string_view reason, std::string_view message);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // shared with what is being sent
};

}  // namespace modelgate::kube
