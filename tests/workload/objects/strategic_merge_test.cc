// SPDX-License-Identifier: Apache-2.0
#include "workload/objects/strategic_merge.h"

#include <gtest/gtest.h>

#include "spec/schema_core.h"

namespace modelgate::workload {
namespace {

using spec::Value;
namespace schema = spec::schema;

struct Case {
  const char* name;
  const char* base;
  const char* overlay;
  const char* merged;
  const schema::Type* type = &schema::kContainer;
  bool concatenate_args = false;
};

class StrategicMerge : public testing::TestWithParam<Case> {};

TEST_P(StrategicMerge, Merges) {
  const Case& c = GetParam();
  spec::Arena arena;
  const auto base = spec::parse_json(c.base, arena);
  const auto overlay = spec::parse_json(c.overlay, arena);
  const auto merged = spec::parse_json(c.merged, arena);
  ASSERT_TRUE(base && overlay && merged);
  const Value got =
      strategic_merge(*base, *overlay, *c.type, {.concatenate_args = c.concatenate_args}, arena);
  EXPECT_EQ(spec::to_canonical_json(*merged), spec::to_canonical_json(got));
}

const Case kCases[] = {
    {"Nothing", R"({"name":"a"})", "{}", R"({"name":"a"})"},
    {"TextIsReplaced", R"({"image":"a"})", R"({"image":"b"})", R"({"image":"b"})"},
    {"EmptyTextIsIgnored", R"({"image":"a"})", R"({"image":""})", R"({"image":"a"})"},
    {"EmptyListIsIgnored", R"({"args":["a"]})", R"({"args":[]})", R"({"args":["a"]})"},
    {"ArgsAreReplaced", R"({"args":["a"]})", R"({"args":["b"]})", R"({"args":["b"]})"},
    {"ArgsAreConcatenatedOnRequest", R"({"args":["a"]})", R"({"args":["b","a"]})",
     R"({"args":["a","b","a"]})", &schema::kContainer, true},
    {"CommandIsNeverConcatenated", R"({"command":["a"]})", R"({"command":["b"]})", R"({"command":["b"]})",
     &schema::kContainer, true},
    {"MapsMergeByKey", R"({"resources":{"limits":{"cpu":"1","memory":"1Gi"}}})",
     R"({"resources":{"limits":{"cpu":"2"},"requests":{"cpu":"1"}}})",
     R"({"resources":{"limits":{"cpu":"2","memory":"1Gi"},"requests":{"cpu":"1"}}})"},
    {"EnvMergesByName", R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]})",
     R"({"env":[{"name":"B","value":"3"}]})",
     R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"3"}]})"},
    {"NewEnvComesFirst", R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]})",
     R"({"env":[{"name":"C","value":"3"}]})",
     R"({"env":[{"name":"C","value":"3"},{"name":"A","value":"1"},{"name":"B","value":"2"}]})"},
    {"NewEnvAfterAnOldOneStaysAfterIt", R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]})",
     R"({"env":[{"name":"B","value":"3"},{"name":"C","value":"4"}]})",
     R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"3"},{"name":"C","value":"4"}]})"},
    {"TheOverlaysOrderWins", R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]})",
     R"({"env":[{"name":"B","value":"3"},{"name":"A","value":"4"}]})",
     R"({"env":[{"name":"B","value":"3"},{"name":"A","value":"4"}]})"},
    {"ValueFromReplacesValue", R"({"env":[{"name":"A","value":"1"}]})",
     R"({"env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]})",
     R"({"env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]})"},
    {"ValueReplacesValueFrom",
     R"({"env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]})",
     R"({"env":[{"name":"A","value":"1"}]})", R"({"env":[{"name":"A","value":"1"}]})"},
    {"MountsMergeByPath", R"({"volumeMounts":[{"name":"a","mountPath":"/a"}]})",
     R"({"volumeMounts":[{"name":"b","mountPath":"/a"}]})",
     R"({"volumeMounts":[{"name":"b","mountPath":"/a"}]})"},
    {"PortsMergeByNumber", R"({"ports":[{"containerPort":80,"name":"a"},{"containerPort":81}]})",
     R"({"ports":[{"containerPort":80,"protocol":"TCP"}]})",
     R"({"ports":[{"containerPort":80,"name":"a","protocol":"TCP"},{"containerPort":81}]})"},
    {"ListsWithoutAKeyAreReplaced", R"({"envFrom":[{"prefix":"a"}]})", R"({"envFrom":[{"prefix":"b"}]})",
     R"({"envFrom":[{"prefix":"b"}]})"},
    {"UnknownFieldsAreData", R"({"x":{"a":1}})", R"({"x":{"b":2},"y":[1]})",
     R"({"x":{"a":1,"b":2},"y":[1]})"},
    {"DirectivesAreData", R"({"env":[{"name":"A","value":"1"}]})",
     R"({"env":[{"name":"A","$patch":"delete"}]})",
     R"({"env":[{"name":"A","value":"1","$patch":"delete"}]})"},
    {"OtherTypesReplace", R"({"env":{"a":1}})", R"({"env":[{"name":"A"}]})", R"({"env":[{"name":"A"}]})"},
    {"TheSameNameTwiceMergesTwice", R"({"env":[]})",
     R"({"env":[{"name":"A","value":"1"},{"name":"A","value":"2"}]})",
     R"({"env":[{"name":"A","value":"2"}]})"},
    {"SameNamesInTheBaseStayTogether",
     R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"A","value":"3"}]})",
     R"({"env":[{"name":"C","value":"4"}]})",
     R"({"env":[{"name":"C","value":"4"},{"name":"A","value":"1"},{"name":"A","value":"3"},)"
     R"({"name":"B","value":"2"}]})"},
    {"OfSameNamesInTheBaseTheFirstIsChanged",
     R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"A","value":"3"}]})",
     R"({"env":[{"name":"A","value":"4"}]})",
     R"({"env":[{"name":"A","value":"4"},{"name":"A","value":"3"},{"name":"B","value":"2"}]})"},
    {"AVolumeHasOneSource", R"({"volumes":[{"name":"v","emptyDir":{}}]})",
     R"({"volumes":[{"name":"v","configMap":{"name":"c"}}]})",
     R"({"volumes":[{"name":"v","configMap":{"name":"c"}}]})", &schema::kPodSpec},
    {"AVolumeOfTheSameKindMerges", R"({"volumes":[{"name":"v","emptyDir":{"medium":"Memory"}}]})",
     R"({"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Gi"}}]})",
     R"({"volumes":[{"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"1Gi"}}]})", &schema::kPodSpec},
    {"ContainersMergeByName", R"({"containers":[{"name":"a","image":"x"},{"name":"b"}]})",
     R"({"containers":[{"name":"a","args":["1"]}]})",
     R"({"containers":[{"name":"a","image":"x","args":["1"]},{"name":"b"}]})", &schema::kPodSpec},
    {"TolerationsAreReplaced", R"({"tolerations":[{"key":"a"}]})", R"({"tolerations":[{"key":"b"}]})",
     R"({"tolerations":[{"key":"b"}]})", &schema::kPodSpec},
};

INSTANTIATE_TEST_SUITE_P(Table, StrategicMerge, testing::ValuesIn(kCases),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate::workload
