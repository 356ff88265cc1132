// SPDX-License-Identifier: Apache-2.0
//
// Writes Kubernetes Events, which `kubectl describe` and `kubectl get events` show. As in client-go, a
// repeated event increments the count of the first one, many different events about one object within ten
// minutes are combined, and each object has a budget (25 at once, then one in five minutes), to protect etcd.
// kube/event_correlator.h decides.
//
//   EventRecorder events(client, {.component = "modelgate-webhook", .instance = pod_name});
//   events.warn({&kConfigMaps, ns, name, uid}, "InvalidConfiguration", message);
//
// Recording an event does not wait or fail: sending is retried a few times, then the event is dropped and
// logged. Admission requests record no events (sideEffects: None).
//
// Runs on the client's thread. Needs the verbs create and patch on events.
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
  /// The client must outlive it. Events that are not sent when it is destroyed are dropped.
  EventRecorder(Client& client, EventSource source);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  /// `reason` is one word in CamelCase; `message` is truncated to 1,024 bytes, the API's limit.
  void normal(const ObjectReference& about, std::string_view reason, std::string_view message);
  void warn(const ObjectReference& about, std::string_view reason, std::string_view message);

 private:
  class Sender;
  std::shared_ptr<Sender> sender_;  // shared with its coroutine
};

}  // namespace modelgate::kube
