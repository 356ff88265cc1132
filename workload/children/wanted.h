// SPDX-License-Identifier: Apache-2.0
//
// From an InferenceService to the objects that serve it, in Standard mode: Deployments, Services,
// autoscalers, routes, ConfigMaps. Who calls: the reconciler, which applies them; admission, which wants to
// know what cannot be realized; `modelgate review --render`.
//
//   Wanted wanted = build_wanted(service, {.catalog = catalog, .runtime = selected, .ready = observed},
//   arena); for (const WantedObject& o : wanted.objects) apply(o.object); for (const Problem& p :
//   wanted.problems) tell(p);
//
// Contract: `service` is defaulted (defaulting/) and its structure was checked (spec/schema.h); whatever else
// it holds, nothing throws. Pure: no I/O, no clock; the same arguments give the same objects, member for
// member, so that a digest of them tells whether anything has to be applied. The values live in `arena` and
// refer to nothing else.
//
// Names, labels, annotations and specs are KServe v0.20's, so that a cluster can move over without a Pod
// being restarted. Where KServe fails half way, `validation: Compatible` leaves off at the same place; Strict
// goes on with the other components and does what was meant where that is clear (see Problem).
//
// Objects are canonical: quantities as Kubernetes stores them, no list with a key twice (server-side apply
// refuses those; the last one stays, and a problem tells). `replicas` is there only where nothing scales.
// Names and uid of the owner are in `ownerReferences`, without a uid where the service has none yet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/facts.h"
#include "spec/field.h"
#include "spec/json.h"
#include "workload/objects/child_names.h"

namespace modelgate::workload {

/// A version of the predictor in the cluster: what decides when requests and Pods move from one to another
/// (versions.h).
struct DeployedVersion {
  std::string component;       // its Deployment's name
  std::int64_t replicas = 0;   // as whoever scales it asks
  std::int64_t available = 0;  // Pods
  bool rolled_out = false;     // all its Pods are of its present template
  bool lacks_room = false;     // Pods of it find no node, or are refused by a quota
  std::int64_t weight = 0;     // of a hundred requests, by the route that is there
};

/// What of the service is up: routes lead, and weights move, only to what is.
struct ReadyComponents {
  bool predictor = false;
  bool transformer = false;
  bool explainer = false;
  std::vector<std::string> canaries = {};  // by the names of their predictors
  /// All versions that there are, whether the service names them or not. Where nobody has looked (admission),
  /// what the others say is taken for the whole truth.
  std::vector<DeployedVersion> versions = {};

  bool canary(std::string_view name) const;
};

struct ServiceContext {
  const spec::Catalog& catalog;
  /// Serves `predictor.model` where that names no runtime; nullptr where none was found.
  const spec::Runtime* runtime = nullptr;
  ReadyComponents ready{};
  /// What the cluster says of Secrets and ServiceAccounts that `storageUris` need; nullptr: nobody asked yet.
  const spec::Facts* facts = nullptr;
  /// Where the control plane runs.
  std::string_view system_namespace = "kserve";
  /// See name_style_for().
  NameStyle name_style = NameStyle::kPlain;
  /// The installation wants VirtualServices in the place of Ingresses, and the cluster has the kind. KServe
  /// makes them in Knative mode only, so this is to be asked for; `ingressGateway` must be there.
  bool virtual_services = false;
  /// Build as Strict does, whatever the configuration says: admission tells in Compatible mode what Strict
  /// would deny.
  bool as_strict = false;
  /// For who asks for problems alone: of the objects only Deployments are made, and of those what their Pods
  /// are made of. All problems are told.
  bool problems_only = false;
};

/// Why something cannot be realized, or not as it was meant.
struct Problem {
  enum class Kind {
    kFatal,   // the component is not made, or not whole
    kNotice,  // it is made, and differs from what the service says
  };
  Kind kind = Kind::kFatal;
  std::string_view component;  // "predictor", "canary", "transformer", "explainer", "ingress"
  /// For a condition: "NoSupportingRuntime", "InvalidPredictorSpec", ...; one of KServe's where it has one.
  std::string_view reason;
  spec::FieldPath path;  // in the service; its names belong to the service's document
  std::string text;      // starts in lower case
  /// The service may be as it should be, and only the cluster does not take its objects now: no failure of
  /// the service, though nothing of the component is made meanwhile.
  bool may_pass = false;

  bool is_fatal() const { return kind == Kind::kFatal; }
  bool is_failure() const { return is_fatal() && !may_pass; }
};

struct WantedObject {
  spec::Value object;
  /// Made where it is missing, and then left alone: others fill it.
  bool create_only = false;
  /// Whose it is, for the conditions: "predictor", "canary", "transformer", "explainer", "ingress".
  std::string_view component;
};

/// Not made now, and not to go where it is there.
struct KeptObject {
  std::string kind;  // empty: whatever has that name
  std::string name;
};

struct Wanted {
  /// In the order in which they are applied.
  std::vector<WantedObject> objects;
  std::vector<Problem> problems;
  /// To be looked up; with anything in it, the rest is not yet the answer.
  std::vector<spec::ObjectKey> needs;
  /// What serves the stable predictor's model, where a runtime does.
  const spec::Runtime* runtime = nullptr;
  /// The stop annotation is set: what there is is to go, but for what is listed.
  bool stopped = false;

  std::vector<KeptObject> kept;
  /// Something waits only for `status.observedGeneration` to be this service's generation: for what was
  /// listed to be applied once. Build again when it is written, though nothing else changes.
  bool look_again = false;

  /// The first fatal problem of a component, or nullptr.
  const Problem* fatal(std::string_view component) const;
  /// Whoever prunes asks this of each object that is the service's and that is not listed. A version that
  /// still serves is kept, a route while what it leads to is down for a moment, and everything while a fatal
  /// problem keeps the rest from being built.
  bool keeps(std::string_view kind, std::string_view name) const;
};

Wanted build_wanted(const spec::Value& service, const ServiceContext& context, spec::Arena& arena);

}  // namespace modelgate::workload
