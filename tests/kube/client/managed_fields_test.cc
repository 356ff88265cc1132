// SPDX-License-Identifier: Apache-2.0
//
// managed_fields.jsonl has objects recorded from a real API server (record_managed_fields.py): the fields
// found must be the fields sent. Other cases are below.
#include "kube/client/managed_fields.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <ostream>

#include "spec/view.h"

namespace modelgate::kube {
namespace {

using spec::Value;

constexpr std::string_view kOurs = "modelgate-reconciler";
constexpr std::string_view kKserve = "manager";

Value parse(std::string_view text, spec::Arena& arena) {
  spec::ParseOptions options;
  options.skip_managed_fields = false;
  auto value = spec::parse_json(text, arena, options);
  if (!value) throw std::runtime_error(value.error().message + " in " + std::string(text));
  return std::move(*value);
}

/// A line of managed_fields.jsonl, by name.
const std::map<std::string, std::string, std::less<>>& recorded() {
  static const auto lines = [] {
    std::map<std::string, std::string, std::less<>> out;
    std::ifstream in(std::string(MODELGATE_SOURCE_DIR) + "/tests/kube/client/managed_fields.jsonl");
    for (std::string line; std::getline(in, line);) {
      spec::Arena arena;
      const Value value = parse(line, arena);
      out.emplace(spec::ObjectView(value).string("name"), line);
    }
    return out;
  }();
  return lines;
}

class Recorded {
 public:
  explicit Recorded(std::string_view name) : value_(parse(recorded().find(name)->second, arena)) {}
  const Value& live() const { return *spec::find(value_, "live"); }
  const Value* sent() const { return spec::find(value_, "sent"); }

  spec::Arena arena;

 private:
  Value value_;
};

/// Without the fields that managedFields never contain.
std::string comparable(const Value& object, spec::Arena& arena) {
  Value copy = spec::clone(object, arena);
  copy.RemoveMember("apiVersion");
  copy.RemoveMember("kind");
  Value& metadata = *spec::find(copy, "metadata");
  metadata.RemoveMember("name");
  if (metadata.ObjectEmpty()) copy.RemoveMember("metadata");
  return spec::to_canonical_json(copy);
}

TEST(ManagedFieldsTest, WasRecorded) {
  EXPECT_EQ(recorded().size(), 9U);
}

class SentTest : public testing::TestWithParam<const char*> {};

TEST_P(SentTest, IsFound) {
  Recorded c(GetParam());
  ASSERT_TRUE(c.sent());
  EXPECT_EQ(spec::to_canonical_json(applied_fields(c.live(), kOurs, c.arena)),
            comparable(*c.sent(), c.arena));
}

INSTANTIATE_TEST_SUITE_P(Recorded, SentTest,
                         testing::Values("full", "protocols", "service", "autoscaler", "fewer", "both"),
                         [](const auto& row) { return std::string(row.param); });

TEST(AppliedFieldsTest, OmitsFieldsTakenOverByOthers) {
  Recorded c("beside");
  const Value found = applied_fields(c.live(), kOurs, c.arena);
  const spec::ObjectView metadata = spec::ObjectView(found).object("metadata");
  EXPECT_FALSE(metadata.has("annotations"));
  EXPECT_EQ(spec::to_json(*metadata.field("finalizers")), R"(["example.com/ours"])");
  EXPECT_FALSE(spec::ObjectView(found).object("spec").has("replicas"));
  const std::string text = spec::to_json(found);
  EXPECT_NE(text.find(R"("env":[{"name":"A","value":"1"},{"name":"B","value":"2"}])"), text.npos) << text;
}

TEST(AppliedFieldsTest, DistinguishesManagers) {
  Recorded c("beside");
  const std::string theirs = spec::to_json(applied_fields(c.live(), "somebody", c.arena));
  EXPECT_NE(theirs.find(R"("env":[{"name":"C","value":"3"}])"), theirs.npos) << theirs;
  EXPECT_EQ(spec::to_json(applied_fields(c.live(), "nobody", c.arena)), "{}");
}

TEST(AppliedFieldsTest, IgnoresUpdates) {
  Recorded c("kserve");
  EXPECT_EQ(spec::to_json(applied_fields(c.live(), kKserve, c.arena)), "{}");
}

TEST(AppliedFieldsTest, ReturnsAChangedValue) {
  Recorded c("full");
  Value live = spec::clone(c.live(), c.arena);
  const std::string before = spec::to_json(applied_fields(live, kOurs, c.arena));
  spec::find(*spec::find(live, "spec"), "replicas")->SetInt(9);
  EXPECT_NE(spec::to_json(applied_fields(live, kOurs, c.arena)), before);
}

// Valid and invalid fieldsV1.

struct ExtractCase {
  const char* name;
  const char* object;  // without managedFields
  const char* fields;
  const char* expected;
};

std::ostream& operator<<(std::ostream& out, const ExtractCase& c) {
  return out << c.name;
}

/// `object` with entries of managedFields, as a JSON list.
Value with_entries(std::string_view object, std::string_view entries, spec::Arena& arena) {
  Value out = parse(object, arena);
  if (!spec::find(out, "metadata")) out.AddMember("metadata", Value(rapidjson::kObjectType), arena);
  spec::set_member(*spec::find(out, "metadata"), "managedFields", parse(entries, arena), arena);
  return out;
}

std::string entry(std::string_view manager, std::string_view operation, std::string_view fields,
                  std::string_view more = "") {
  return R"({"manager":")" + std::string(manager) + R"(","operation":")" + std::string(operation) +
         R"(","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":)" + std::string(fields) +
         std::string(more) + "}";
}

class ExtractTest : public testing::TestWithParam<ExtractCase> {};

TEST_P(ExtractTest, Gives) {
  spec::Arena arena;
  const auto& c = GetParam();
  const Value object = with_entries(c.object, "[" + entry("m", "Apply", c.fields) + "]", arena);
  EXPECT_EQ(spec::to_json(applied_fields(object, "m", arena)), c.expected);
}

const ExtractCase kExtract[] = {
    {"Member", R"({"a":1,"b":2})", R"({"f:b":{}})", R"({"b":2})"},
    {"MemberWhole", R"({"a":{"x":1},"b":2})", R"({"f:a":{}})", R"({"a":{"x":1}})"},
    {"InTheObjectsOrder", R"({"a":1,"b":2})", R"({"f:b":{},"f:a":{}})", R"({"a":1,"b":2})"},
    {"EmptyMapOfOurs", R"({"a":{"x":1}})", R"({"f:a":{".":{},"f:y":{}}})", R"({"a":{}})"},
    {"NothingOfAMap", R"({"a":{"x":1}})", R"({"f:a":{"f:y":{}}})", "{}"},
    {"ItemByKey", R"({"a":[{"n":"x","v":1},{"n":"y","v":2}]})",
     R"({"f:a":{"k:{\"n\":\"y\"}":{".":{},"f:n":{},"f:v":{}}}})", R"({"a":[{"n":"y","v":2}]})"},
    {"ItemWhole", R"({"a":[{"n":"x","v":1},{"n":"y","v":2}]})", R"({"f:a":{"k:{\"n\":\"y\"}":{}}})",
     R"({"a":[{"n":"y","v":2}]})"},
    {"KeysInAnyOrder", R"({"a":[{"p":"TCP","n":1},{"n":2,"p":"TCP"}]})",
     R"({"f:a":{"k:{\"n\":2,\"p\":\"TCP\"}":{}}})", R"({"a":[{"n":2,"p":"TCP"}]})"},
    {"KeysOfSeveralKinds", R"({"a":[{"n":"1"},{"n":1},{"n":true}]})", R"({"f:a":{"k:{\"n\":1}":{}}})",
     R"({"a":[{"n":1}]})"},
    {"OnlyAKeyIsOurs", R"({"a":[{"n":"x","v":1}]})", R"({"f:a":{"k:{\"n\":\"x\"}":{".":{},"f:n":{}}}})",
     R"({"a":[{"n":"x"}]})"},
    {"FilledInKeyIsLeftOut", R"({"a":[{"containerPort":1,"protocol":"TCP"}]})",
     R"({"f:a":{"k:{\"containerPort\":1,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}})",
     R"({"a":[{"containerPort":1}]})"},
    {"AbsentProtocolIsTcp", R"({"a":[{"port":1},{"port":1,"protocol":"UDP"}]})",
     R"({"f:a":{"k:{\"port\":1,\"protocol\":\"TCP\"}":{}}})", R"({"a":[{"port":1}]})"},
    {"AbsentKeyIsNoMatch", R"({"a":[{"v":1}]})", R"({"f:a":{"k:{\"n\":\"x\"}":{}}})", "{}"},
    {"NestedLists", R"({"a":[{"n":"x","b":[{"m":"p","v":1},{"m":"q"}]}]})",
     R"({"f:a":{"k:{\"n\":\"x\"}":{".":{},"f:n":{},"f:b":{"k:{\"m\":\"q\"}":{".":{},"f:m":{}}}}}})",
     R"({"a":[{"n":"x","b":[{"m":"q"}]}]})"},
    {"Set", R"({"a":["x","y","z"]})", R"({"f:a":{".":{},"v:\"z\"":{},"v:\"x\"":{}}})", R"({"a":["x","z"]})"},
    {"SetOfNumbers", R"({"a":[1,2]})", R"({"f:a":{"v:2":{}}})", R"({"a":[2]})"},
    {"EmptyListOfOurs", R"({"a":["x"]})", R"({"f:a":{".":{},"v:\"y\"":{}}})", R"({"a":[]})"},
    {"ByPlace", R"({"a":["x","y"]})", R"({"f:a":{"i:1":{}}})", R"({"a":["y"]})"},
    {"PlaceBehindTheEnd", R"({"a":["x","y"]})", R"({"f:a":{"i:2":{}}})", "{}"},
    {"NameWithDotsAndSlashes", R"({"a":{"x.y/z":1}})", R"({"f:a":{"f:x.y/z":{}}})", R"({"a":{"x.y/z":1}})"},
    {"NameOfAPrefix", R"({"f:a":1,"a":2})", R"({"f:f:a":{}})", R"({"f:a":1})"},
    {"WhatIsNotThere", R"({"a":1})", R"({"f:b":{},"f:c":{"f:d":{}}})", "{}"},
    {"ScalarWhereAMapWas", R"({"a":1})", R"({"f:a":{"f:b":{}}})", "{}"},
    {"ListWhereAMapWas", R"({"a":[1]})", R"({"f:a":{"f:b":{}}})", "{}"},
    {"MapWhereAListWas", R"({"a":{"n":"x"}})", R"({"f:a":{"k:{\"n\":\"x\"}":{}}})", "{}"},
    {"BrokenKeys", R"({"a":[{"n":"x"}]})",
     R"({"f:a":{"k:{\"n\":":{},"k:":{},"k:7":{},"v:{":{},"i:x":{},"i:":{},"?":{},"":{}}})", "{}"},
    {"BrokenSets", R"({"a":1,"b":{"c":2}})", R"({"f:a":7,"f:b":{"f:c":[]}})", "{}"},
    {"NoObject", R"({"a":1})", "[]", "{}"},
    {"NothingAtAll", R"({"a":1})", "{}", "{}"},
    {"TheWholeObject", R"({"a":1})", R"({".":{}})", "{}"},
};

INSTANTIATE_TEST_SUITE_P(Table, ExtractTest, testing::ValuesIn(kExtract),
                         [](const auto& row) { return row.param.name; });

TEST(AppliedFieldsTest, MergesEntriesAndSkipsSubresources) {
  spec::Arena arena;
  const Value object =
      with_entries(R"({"a":{"x":1,"y":2},"b":3,"status":4})",
                   "[" + entry("m", "Apply", R"({"f:a":{"f:x":{}}})") + "," +
                       entry("m", "Apply", R"({"f:a":{"f:y":{}}})") + "," +
                       entry("m", "Apply", R"({"f:status":{}})", R"(,"subresource":"status")") + "," +
                       entry("m", "Update", R"({"f:b":{}})") + ",7]",
                   arena);
  EXPECT_EQ(spec::to_json(applied_fields(object, "m", arena)), R"({"a":{"x":1,"y":2}})");
}

// manages() and managers_of()

TEST(ManagesTest, CountsAppliesAndUpdatesOfTheObjectItself) {
  Recorded kserve("kserve"), full("full");
  EXPECT_TRUE(manages(kserve.live(), kKserve));
  EXPECT_TRUE(manages(full.live(), kOurs));
  EXPECT_FALSE(manages(full.live(), kKserve));
  // Its entry is about the status.
  EXPECT_FALSE(manages(full.live(), "kube-controller-manager"));
}

struct ReplicasCase {
  const char* recorded;
  std::string_view manager;
  bool given, others;
};

std::ostream& operator<<(std::ostream& out, const ReplicasCase& c) {
  return out << c.recorded;
}

class ReplicasTest : public testing::TestWithParam<ReplicasCase> {};

TEST_P(ReplicasTest, AreManagedBy) {
  const auto& c = GetParam();
  Recorded r(c.recorded);
  constexpr std::array<std::string_view, 2> kReplicas{"spec", "replicas"};
  const FieldManagers managers = managers_of(r.live(), kReplicas, c.manager);
  EXPECT_EQ(managers.given, c.given);
  EXPECT_EQ(managers.others, c.others);
}

const ReplicasCase kReplicasCases[] = {{"full", kOurs, true, false},   {"beside", kOurs, false, true},
                                       {"scaled", kOurs, false, true}, {"protocols", kOurs, false, false},
                                       {"kserve", kOurs, false, true}, {"kserve", kKserve, true, false}};

INSTANTIATE_TEST_SUITE_P(Recorded, ReplicasTest, testing::ValuesIn(kReplicasCases), [](const auto& row) {
  return std::string(row.param.recorded) + (row.param.manager == kOurs ? "" : "ForKserve");
});

TEST(ManagersOfTest, IncludesManagersOfParents) {
  spec::Arena arena;
  constexpr std::array<std::string_view, 2> kPath{"a", "x"};
  const Value object = with_entries(R"({"a":{"x":1}})",
                                    "[" + entry("whole", "Apply", R"({"f:a":{}})") + "," +
                                        entry("beside", "Apply", R"({"f:a":{".":{},"f:y":{}}})") + "]",
                                    arena);
  EXPECT_TRUE(managers_of(object, kPath, "whole").given);
  EXPECT_FALSE(managers_of(object, kPath, "beside").given);
}

// with_renamed_manager()

std::string managers_in(const Value& entries) {
  std::string out;
  for (const Value& e : entries.GetArray()) {
    const spec::ObjectView view(e);
    out += std::string(view.string("manager")) + " " + std::string(view.string("operation")) + " " +
           std::string(view.string("subresource")) + ";";
  }
  return out;
}

TEST(RenamedManagerTest, TurnsKservesEntryIntoOurs) {
  Recorded c("kserve");
  const Value entries = with_renamed_manager(c.live(), kKserve, kOurs, c.arena);
  EXPECT_EQ(managers_in(entries), "kube-controller-manager Update status;modelgate-reconciler Apply ;");
  // Nothing is lost: all that KServe managed is now applied by us.
  Value adopted = spec::clone(c.live(), c.arena);
  spec::set_member(*spec::find(adopted, "metadata"), "managedFields", spec::clone(entries, c.arena), c.arena);
  const Value ours = applied_fields(adopted, kOurs, c.arena);
  const spec::ObjectView spec = spec::ObjectView(ours).object("spec");
  EXPECT_EQ(spec::ObjectView(ours).object("metadata").object("annotations").string("kserve"), "1");
  EXPECT_EQ(spec.integer("replicas"), 2);
  EXPECT_EQ(spec.integer("progressDeadlineSeconds"), 600);
  EXPECT_FALSE(manages(adopted, kKserve));
}

TEST(RenamedManagerTest, MergesWithOurEntry) {
  Recorded c("both");
  const Value entries = with_renamed_manager(c.live(), kKserve, kOurs, c.arena);
  ASSERT_EQ(managers_in(entries), "modelgate-reconciler Apply ;");
  EXPECT_EQ(spec::to_canonical_json(*spec::find(entries[0], "fieldsV1")),
            R"({"f:data":{".":{},"f:a":{},"f:b":{}},"f:metadata":{"f:labels":{".":{},"f:old":{}}}})");
}

struct RenameCase {
  const char* name;
  std::string entries;
  std::string expected;
};

std::ostream& operator<<(std::ostream& out, const RenameCase& c) {
  return out << c.name;
}

class RenameTest : public testing::TestWithParam<RenameCase> {};

TEST_P(RenameTest, Gives) {
  spec::Arena arena;
  const Value object = with_entries(R"({"apiVersion":"v1"})", "[" + GetParam().entries + "]", arena);
  const Value expected = parse("[" + GetParam().expected + "]", arena);
  const Value got = with_renamed_manager(object, "old", "new", arena);
  EXPECT_EQ(spec::to_canonical_json(got), spec::to_canonical_json(expected));
}

std::string at(std::string_view time) {
  return R"(,"time":")" + std::string(time) + R"(")";
}

std::string of_version(std::string text, std::string_view version) {
  const std::size_t place = text.find(R"("v1")");
  return text.replace(place, 4, "\"" + std::string(version) + "\"");
}

const RenameCase kRename[] = {
    {"SeveralUpdates",
     entry("old", "Update", R"({"f:a":{}})", at("2026-01-01T00:00:00Z")) + "," + entry("x", "Update", "{}") +
         "," + entry("old", "Apply", R"({"f:b":{}})", at("2026-01-02T00:00:00Z")),
     entry("new", "Apply", R"({"f:a":{},"f:b":{}})", at("2026-01-02T00:00:00Z")) + "," +
         entry("x", "Update", "{}")},
    {"StatusStays", entry("old", "Update", R"({"f:status":{}})", R"(,"subresource":"status")"),
     entry("old", "Update", R"({"f:status":{}})", R"(,"subresource":"status")")},
    {"OursByUpdateStays",
     entry("old", "Update", R"({"f:a":{}})") + "," + entry("new", "Update", R"({"f:b":{}})"),
     entry("new", "Apply", R"({"f:a":{}})") + "," + entry("new", "Update", R"({"f:b":{}})")},
    {"LeafBesideAMap",
     entry("old", "Update", R"({"f:a":{}})") + "," + entry("new", "Apply", R"({"f:a":{"f:b":{}}})"),
     entry("new", "Apply", R"({"f:a":{".":{},"f:b":{}}})")},
    {"VersionOfOurs",
     of_version(entry("old", "Update", R"({"f:a":{}})"), "v1") + "," +
         of_version(entry("new", "Apply", R"({"f:b":{}})"), "v2"),
     of_version(entry("new", "Apply", R"({"f:a":{},"f:b":{}})"), "v2")},
    {"VersionOfTheObject",
     of_version(entry("old", "Update", R"({"f:a":{}})"), "v0") + "," +
         of_version(entry("old", "Update", R"({"f:b":{}})"), "v1"),
     of_version(entry("new", "Apply", R"({"f:a":{},"f:b":{}})"), "v1")},
    {"NothingToDo", entry("x", "Update", R"({"f:a":{}})"), entry("x", "Update", R"({"f:a":{}})")},
};

INSTANTIATE_TEST_SUITE_P(Table, RenameTest, testing::ValuesIn(kRename),
                         [](const auto& row) { return row.param.name; });

TEST(RenamedManagerTest, OfAnObjectWithoutEntriesIsEmpty) {
  spec::Arena arena;
  EXPECT_EQ(spec::to_json(with_renamed_manager(parse(R"({"metadata":{}})", arena), "a", "b", arena)), "[]");
}

}  // namespace
}  // namespace modelgate::kube
