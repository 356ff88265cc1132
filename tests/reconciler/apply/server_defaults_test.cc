// SPDX-License-Identifier: Apache-2.0
//
// The API server's defaults that we write out. tests/cluster/test_removed_fields.py compares with a real one.
#include "reconciler/apply/server_defaults.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>

namespace modelgate::reconciler {
namespace {

struct Case {
  const char* name;
  std::string given, want;  // of a Pod template's spec, or of the Deployment
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

std::string with_defaults(const std::string& object) {
  spec::Arena arena;
  spec::Value value = spec::parse_json(object, arena).value();
  own_server_defaults(value, arena);
  return spec::to_canonical_json(value);
}

std::string canonical(const std::string& object) {
  spec::Arena arena;
  return spec::to_canonical_json(spec::parse_json(object, arena).value());
}

std::string deployment(const std::string& spec) {
  return fmt::format(R"({{"kind":"Deployment","spec":{}}})", spec);
}

std::string with_pod(const std::string& pod) {
  return deployment(fmt::format(R"({{"template":{{"spec":{}}}}})", pod));
}

class OfAPod : public testing::TestWithParam<Case> {};

TEST_P(OfAPod, AreWritten) {
  EXPECT_EQ(with_defaults(with_pod(GetParam().given)), canonical(with_pod(GetParam().want)));
  EXPECT_EQ(with_defaults(with_pod(GetParam().want)), canonical(with_pod(GetParam().want))) << "twice";
}

std::string volume(std::string_view source) {
  return fmt::format(R"({{"volumes":[{{"name":"v",{}}}]}})", source);
}

INSTANTIATE_TEST_SUITE_P(
    ServerDefaults, OfAPod,
    testing::Values(
        Case{"Nothing", "{}", "{}"},
        Case{"Account", R"({"serviceAccountName":"sa"})",
             R"({"serviceAccountName":"sa","serviceAccount":"sa"})"},
        Case{"DeprecatedAccount", R"({"serviceAccount":"sa"})",
             R"({"serviceAccountName":"sa","serviceAccount":"sa"})"},
        Case{"TheNameOfTheAccountWins", R"({"serviceAccountName":"sa","serviceAccount":"b"})",
             R"({"serviceAccountName":"sa","serviceAccount":"sa"})"},
        Case{"NoAccount", R"({"serviceAccountName":""})", R"({"serviceAccountName":""})"},
        Case{
            "TheServerFillsInTheRest",
            R"({"hostNetwork":true,"containers":[{"ports":[{"containerPort":1}],"livenessProbe":{"httpGet":{}}}],)"
            R"("volumes":[{"name":"v","secret":{}}]})",
            R"({"hostNetwork":true,"containers":[{"ports":[{"containerPort":1}],"livenessProbe":{"httpGet":{}}}],)"
            R"("volumes":[{"name":"v","secret":{}}]})"},
        Case{"ImageVolume", volume(R"("image":{"reference":"r:1"})"),
             volume(R"("image":{"reference":"r:1","pullPolicy":"IfNotPresent"})")},
        Case{
            "PullPolicies",
            R"({"initContainers":[{"image":"a"},{"image":"a:latest"},{"image":"h:5/a"},{"image":"a:1"},)"
            R"({"image":"a@sha256:0"},{"image":"a:latest","imagePullPolicy":"Never"}]})",
            R"({"initContainers":[{"image":"a","imagePullPolicy":"Always"},)"
            R"({"image":"a:latest","imagePullPolicy":"Always"},{"image":"h:5/a","imagePullPolicy":"Always"},)"
            R"({"image":"a:1","imagePullPolicy":"IfNotPresent"},{"image":"a@sha256:0","imagePullPolicy":)"
            R"("IfNotPresent"},{"image":"a:latest","imagePullPolicy":"Never"}]})"},
        Case{"DigestAndTag", R"({"initContainers":[{"image":"a:latest@sha256:0"}]})",
             R"({"initContainers":[{"image":"a:latest@sha256:0","imagePullPolicy":"Always"}]})"},
        Case{"WrongTypes", R"({"containers":[1,{"image":3}],"volumes":{},"serviceAccountName":4})",
             R"({"containers":[1,{"image":3}],"volumes":{},"serviceAccountName":4})"}),
    [](const auto& info) { return std::string(info.param.name); });

class OfAStrategy : public testing::TestWithParam<Case> {};

TEST_P(OfAStrategy, AreWritten) {
  EXPECT_EQ(with_defaults(deployment(GetParam().given)), canonical(deployment(GetParam().want)));
}

constexpr const char* kRolling =
    R"({"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}}})";

INSTANTIATE_TEST_SUITE_P(
    ServerDefaults, OfAStrategy,
    testing::Values(Case{"None", "{}", "{}"}, Case{"Empty", R"({"strategy":{}})", kRolling},
                    Case{"TypeAlone", R"({"strategy":{"type":"RollingUpdate"}})", kRolling},
                    Case{"Partial", R"({"strategy":{"rollingUpdate":{"maxSurge":1}}})",
                         R"({"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,)"
                         R"("maxUnavailable":"25%"}}})"},
                    Case{"Recreate", R"({"strategy":{"type":"Recreate"}})",
                         R"({"strategy":{"type":"Recreate"}})"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ServerDefaults, LeaveOtherKinds) {
  const std::string service =
      R"({"kind":"Service","spec":{"template":{"spec":{"serviceAccountName":"sa"}}}})";
  EXPECT_EQ(with_defaults(service), canonical(service));
}

}  // namespace
}  // namespace modelgate::reconciler
