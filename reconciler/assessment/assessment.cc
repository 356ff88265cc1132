// SPDX-License-Identifier: Apache-2.0
#include "reconciler/assessment/assessment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <utility>

#include "kube/client/knative_kinds.h"
#include "reconciler/apply/server_defaults.h"
#include "spec/deployment_mode.h"
#include "spec/edit.h"
#include "spec/inference_service.h"
#include "spec/lookup_rounds.h"
#include "spec/schema.h"
#include "spec/schema_serving.h"
#include "workload/children/build_wanted.h"
#include "workload/objects/object_builder.h"
#include "workload/status/knative_status.h"
#include "workload/status/ready_components.h"
#include "workload/status/status.h"

namespace modelgate::reconciler {
namespace {

using spec::Value;
using workload::Problem;

Value parse(const std::string& text, spec::Arena& arena) {
  auto value = spec::parse_json(text, arena);
  if (!value)
    throw std::logic_error(fmt::format("the cache contains invalid JSON: {}", value.error().message));
  return std::move(*value);
}

/// What is wrong with the structure; nothing if it can be read.
std::optional<Refusal> malformed(const Value& service) {
  spec::FieldErrors wrong;
  spec::schema::check_structure(service, spec::schema::kInferenceService, {}, wrong);
  if (wrong.empty()) return std::nullopt;
  return Refusal{.reason = "InvalidSpec", .message = wrong.list().front().to_string(), .phase = "Failed"};
}

/// The path that is reported for a problem of a component.
spec::FieldPath path_of(std::string_view component) {
  const spec::FieldPath spec = spec::FieldPath{} / "spec";
  return component == workload::kIngress ? spec : spec / component;
}

/// A child of which the status needs no more than this.
std::string identity_of(const Child& child) {
  spec::Arena arena;
  workload::ObjectBuilder metadata(arena);
  metadata.text("name", child.name).text("uid", child.uid);
  if (child.being_deleted) metadata.text("deletionTimestamp", "now");
  return spec::to_json(workload::ObjectBuilder(arena).value("metadata", metadata.take()).take());
}

bool pins_runtimes(const spec::Catalog& catalog) {
  return catalog.configuration().modelgate.runtime_selection ==
         spec::ModelgateConfiguration::RuntimeSelection::kPin;
}

}  // namespace

Assessment::Assessment(ServiceRecord record, std::shared_ptr<const spec::Catalog> catalog,
                       const Surroundings& surroundings)
    : record_(std::move(record)),
      catalog_(std::move(catalog)),
      surroundings_(surroundings),
      document_(parse(record_.text, arena_)) {
  decide_verdict();
}

Assessment::~Assessment() = default;

void Assessment::decide_verdict() {
  if (auto wrong = malformed(document_)) return refuse(std::move(*wrong));
  if (spec::InferenceServiceView(document_).is_left_alone()) {
    verdict_ = Verdict::kLeaveAlone;
    return;
  }
  const spec::InferenceServiceView service(document_);
  const std::string_view mode = spec::effective_deployment_mode(service, service, catalog_->configuration());
  knative_ = mode == spec::kKnativeMode && !surroundings_.kind_absent(kube::kKnativeServices);
  if (mode != spec::kStandardMode && !knative_) refuse(not_served(document_, mode));
}

void Assessment::refuse(Refusal refusal) {
  verdict_ = Verdict::kRefuse;
  refusal_ = std::move(refusal);
}

kube::Task<void> Assessment::build(kube::Client& client, kube::SteadyTime until) {
  facts_.emplace(client);
  complete_service();
  using Next = spec::LookupRounds::Next;
  spec::LookupRounds rounds;
  Next next = Next::kDone;
  do {
    observe();
    name_style_ = name_style();
    ready_ = ready();
    wanted_ = workload::build_wanted(service_, context(), arena_);
    next = rounds.next(wanted_.needs);
    if (next == Next::kLookUp) co_await facts_->look_up(wanted_.needs, until);
    if (next == Next::kLeaveUnknown) facts_->leave_unknown(wanted_.needs);
  } while (next == Next::kLookUp || next == Next::kLeaveUnknown);
  finish_objects();
  make_plan();
  has_pending_versions_ = hold_pending_versions();
  if (!has_pending_versions_) co_return;
  wanted_ = workload::build_wanted(service_, context(), arena_);
  finish_objects();
  make_plan();
}

/// A version whose Deployment has a pending change is not rolled out, whatever its status says: requests
/// must not move to its old Pods because a write failed, now or earlier. True if there is one.
bool Assessment::hold_pending_versions() {
  bool found = false;
  for (const Step& step : plan_.steps) {
    if (step.kind != Step::Kind::kApply || step.resource != &kube::kDeployments) continue;
    const auto it = std::ranges::find(ready_.versions, step.name, &workload::DeployedVersion::component);
    if (it == ready_.versions.end() || it->pending) continue;
    it->pending = true;
    it->rolled_out = false;
    found = true;
  }
  return found;
}

/// A runtime that we chose earlier and that was deleted is replaced by another one, except while the service is
/// Ready: then it continues with what it has.
void Assessment::complete_service() {
  defaulting::Outcome outcome = complete({});
  const bool serves =
      condition_of(spec::ObjectView(document_).object("status"), "Ready").string("status") == "True";
  if (!outcome.missing_runtimes.empty() && !pins_runtimes(*catalog_) && !serves) {
    const std::vector<std::string> missing = outcome.missing_runtimes;
    const std::vector<std::string_view> absent(missing.begin(), missing.end());
    outcome = complete(absent);
  }
  selection_ = std::move(outcome.selection);
}

defaulting::Outcome Assessment::complete(std::span<const std::string_view> absent_runtimes) {
  service_ = spec::clone(document_, arena_);
  spec::Edit edit(service_, arena_);
  return defaulting::complete_stored(edit, {.catalog = *catalog_,
                                            .old_object = &document_,
                                            .request_namespace = record_.key.ns,
                                            .absent_runtimes = absent_runtimes});
}

workload::ReadyComponents Assessment::ready() const {
  const spec::Configuration& configuration = catalog_->configuration();
  return knative_ ? workload::knative_ready(service_, configuration, observed_, name_style_)
                  : workload::ready_components(service_, configuration, observed_, name_style_);
}

workload::ServiceContext Assessment::context() const {
  workload::ServiceContext context = workload::make_service_context(
      record_.key.name, *catalog_,
      {.runtime = selection_ ? selection_->chosen : nullptr,
       .facts = &facts_->facts(),
       .has_virtual_services = !surroundings_.kind_absent(kube::kVirtualServices)});
  context.ready = ready_;
  context.system_namespace = surroundings_.system_namespace;
  context.needs_all_facts = true;
  if (surroundings_.host_claims) context.taken_hosts = surroundings_.host_claims->taken(record_.key);
  // The one that the objects were built with: the observed Deployments may have changed since.
  context.name_style = name_style_;
  context.knative = knative_;
  return context;
}

workload::NameStyle Assessment::name_style() const {
  std::vector<std::string_view> names;
  for (const Value* object : knative_ ? observed_.knative_services : observed_.deployments)
    names.push_back(spec::ObjectView(object).object("metadata").string("name"));
  return workload::name_style_for(record_.key.name, names, catalog_->configuration());
}

void Assessment::observe() {
  observed_ = {};
  const auto keep = [&](const std::string& text) {
    return &observed_values_.emplace_back(text.empty() ? Value(rapidjson::kObjectType) : parse(text, arena_));
  };
  const Cache& cache = surroundings_.cache;
  observed_.services.emplace();
  observed_.ingresses.emplace();
  for (const Child& child : cache.children(record_.key)) {
    if (child.owner_uid != record_.uid) continue;
    if (child.resource == &kube::kDeployments) observed_.deployments.push_back(keep(child.observed));
    if (child.resource == &kube::kHttpRoutes) observed_.http_routes.push_back(keep(child.observed));
    if (child.resource == &kube::kVirtualServices) observed_.virtual_services.push_back(keep(child.observed));
    if (child.resource == &kube::kKnativeServices) observed_.knative_services.push_back(keep(child.observed));
    if (child.resource == &kube::kServices) observed_.services->push_back(keep(identity_of(child)));
    if (child.resource == &kube::kIngresses)
      observed_.ingresses->push_back(keep(child.observed.empty() ? identity_of(child) : child.observed));
  }
  for (const LabelledRecord& pod : cache.pods(record_.key)) observed_.pods.push_back(keep(pod.observed));
  if (const auto slices = cache.endpoint_slices(record_.key)) {
    observed_.endpoint_slices.emplace();
    for (const LabelledRecord& slice : *slices) observed_.endpoint_slices->push_back(keep(slice.observed));
  }
  observed_.ingress_classes = cache.ingress_classes();
}

void Assessment::finish_objects() {
  drop_absent_kinds();
  for (workload::WantedObject& wanted : wanted_.objects) own_server_defaults(wanted.object, arena_);
}

void Assessment::drop_absent_kinds() {
  std::set<const kube::Resource*> reported;
  std::erase_if(wanted_.objects, [&](const workload::WantedObject& wanted) {
    const kube::Resource* resource = resource_of(wanted.object);
    if (!resource || !surroundings_.kind_absent(*resource)) return false;
    // Without Istio a VirtualService has no effect.
    const bool optional = resource == &kube::kVirtualServices;
    if (reported.insert(resource).second) {
      add_problem(optional ? Problem::Kind::kNotice : Problem::Kind::kFatal, wanted.component, "KindAbsent",
                  fmt::format("needs a {}, but the cluster does not serve that kind ({} is not installed)",
                              resource->kind, resource->group));
    }
    return true;
  });
}

void Assessment::make_plan() {
  std::vector<Child> children = surroundings_.cache.children(record_.key);
  for (const workload::WantedObject& wanted : wanted_.objects) {
    const kube::Resource* resource = resource_of(wanted.object);
    if (!resource) continue;
    const spec::ObjectView metadata = spec::ObjectView(wanted.object).object("metadata");
    const std::string name(metadata.string("name"));
    const std::string ns(metadata.string("namespace"));
    auto existing = surroundings_.cache.child(*resource, ns.empty() ? record_.key.ns : ns, name);
    if (existing) children.push_back(std::move(*existing));
  }
  std::vector<const Child*> pointers;
  for (const Child& child : children) pointers.push_back(&child);
  // In Compatible mode as in KServe.
  const Begin begin = configuration().modelgate.strict() ? Begin::kWithMinimum : Begin::kWithOne;
  plan_ = reconciler::make_plan(record_, wanted_, pointers, surroundings_.memory, arena_, begin);
  // KServe writes the objects of a component only after those of the earlier one.
  plan_.ends_at_failure = knative_ && !configuration().modelgate.strict();
  for (const Conflict& conflict : plan_.conflicts) {
    const bool temporary = conflict.reason != kNameTaken;
    add_problem(temporary ? Problem::Kind::kNotice : Problem::Kind::kFatal, conflict.component,
                std::string(conflict.reason), conflict.text);
  }
}

bool Assessment::needs_requeue() const {
  return (facts_ && facts_->may_change()) || !plan_.conflicts.empty() || has_pending_versions_;
}

void Assessment::add_problem(Problem::Kind kind, std::string_view component, std::string reason,
                             std::string text, bool transient) {
  wanted_.problems.push_back({.kind = kind,
                              .component = component,
                              .reason = reasons_.emplace_back(std::move(reason)),
                              .path = path_of(component),
                              .text = std::move(text),
                              .transient = transient,
                              .refused = true});
}

void Assessment::add_problems(std::vector<ApplyProblem> problems) {
  for (ApplyProblem& p : problems)
    add_problem(Problem::Kind::kFatal, p.component, std::move(p.reason), std::move(p.text), p.transient);
}

spec::Value Assessment::status(std::string_view now) {
  if (verdict_ == Verdict::kRefuse) return refused_status(document_, refusal_, now, arena_);
  observe();
  return workload::build_status(service_, wanted_, context(), observed_, now, arena_);
}

ServiceMeasures Assessment::measures(const Value& status) const {
  return measure(document_, status, wanted_.objects, observed_);
}

}  // namespace modelgate::reconciler
