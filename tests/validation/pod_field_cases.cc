// SPDX-License-Identifier: Apache-2.0
//
// The rows of pod_fields.jsonl: what the API server requires of the objects of a service. tests/cluster
// compares the same rows with a real API server (test_api_rules.py). A row has
//
//   in       where `members` are: container, init, pod, component, annotations; both: `container` and `pod`
//   errors   "rule Reason path", the path relative to `in`; none: accepted
//   rule     that an accepted row is about; pod-fields if it is missing
//   server   "accepts": the API server does, and the Pods never run; "schema": the schema of our CRD rejects it
#include <deque>
#include <fstream>
#include <map>
#include <stdexcept>

#include "spec/json_text.h"
#include "tests/validation/cases.h"
#include "tests/validation/fixture.h"

namespace modelgate::validation {
namespace {

using spec::Value;

/// As in our installation.
constexpr const char* kIngressClass =
    R"([{"kind": "ConfigMap", "metadata": {"name": "inferenceservice-config"},
         "data": {"ingress": "{\"ingressClassName\": \"istio\"}"}}])";

std::string text_at(const Value& row, std::string_view name) {
  const Value* v = spec::find(row, name);
  return v && v->IsString() ? std::string(spec::text_of(*v)) : std::string{};
}

/// The members of an object without its braces; `defaults` are those that it may omit.
std::string members_of(const Value* object, const std::map<std::string, std::string>& defaults = {}) {
  std::string out;
  const auto add = [&](const std::string& name, const std::string& value) {
    out += (out.empty() ? "\"" : ", \"") + name + "\": " + value;
  };
  for (const auto& [name, value] : defaults) {
    if (!object || !spec::find(*object, name)) add(name, '"' + value + '"');
  }
  if (!object) return out;
  for (const auto& m : object->GetObject()) add(std::string(spec::text_of(m.name)), spec::to_json(m.value));
  return out;
}

std::string container(const Value* members) {
  return R"("containers": [{)" +
         members_of(members, {{"name", "kserve-container"}, {"image", "example.com/server:v1"}}) + "}]";
}

std::string beside(const std::string& members) {
  return members.empty() ? "" : ", " + members;
}

struct Place {
  std::string object;
  std::string path;
};

Place place_of(const Value& row) {
  const std::string in = text_at(row, "in");
  const Value* members = spec::find(row, "members");
  if (in == "container") return {service({.predictor = container(members)}), "spec.predictor.containers[0]."};
  if (in == "pod" || in == "component")
    return {service({.predictor = container(nullptr) + beside(members_of(members))}), "spec.predictor."};
  if (in == "both")
    return {service({.predictor = container(spec::find(*members, "container")) +
                                  beside(members_of(spec::find(*members, "pod")))}),
            "spec.predictor."};
  if (in == "init") {
    const std::string own = members_of(members, {{"name", "prepare"}, {"image", "example.com/a:v1"}});
    return {service({.predictor = container(nullptr) + R"(, "initContainers": [{)" + own + "}]"}),
            "spec.predictor.initContainers[0]."};
  }
  if (in == "annotations")
    return {service({.predictor = container(nullptr),
                     .annotations =
                         R"("serving.kserve.io/deploymentMode": "Standard")" + beside(members_of(members))}),
            "metadata.annotations"};
  throw std::invalid_argument("pod_fields.jsonl: in is " + in);
}

const char* kept(std::string text) {
  static std::deque<std::string> texts;
  return texts.emplace_back(std::move(text)).c_str();
}

Case read(const Value& row) {
  const Place place = place_of(row);
  const std::string rule = text_at(row, "rule");
  Case c{rule.empty() ? "pod-fields" : kept(rule), kept(text_at(row, "name")), place.object};
  c.catalog = kIngressClass;
  const Value* errors = spec::find(row, "errors");
  if (!errors) return c;
  for (const Value& e : errors->GetArray()) {
    const std::string text(spec::text_of(e));
    const std::size_t path =
        text.rfind(' ', text.find('[') == std::string::npos ? text.size() : text.find('['));
    c.errors.push_back(text.substr(0, path + 1) + place.path + text.substr(path + 1));
  }
  c.rule = kept(c.errors.front().substr(0, c.errors.front().find(' ')));
  return c;
}

}  // namespace

std::vector<Case> pod_field_cases() {
  std::ifstream in(MODELGATE_SOURCE_DIR "/tests/validation/pod_fields.jsonl");
  std::vector<Case> cases;
  for (std::string line; std::getline(in, line);) cases.push_back(read(Document(line).value()));
  return cases;
}

}  // namespace modelgate::validation
