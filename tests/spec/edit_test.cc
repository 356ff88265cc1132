// SPDX-License-Identifier: Apache-2.0
//
// Edits and the patch with their effect. The patch is checked by applying it.
#include "spec/edit.h"

#include <gtest/gtest.h>

#include <random>

#include "spec/json.h"
#include "spec/json_text.h"
#include "tests/json_patch.h"

namespace modelgate::spec {
namespace {

FieldPath path_of(std::string_view pointer) {
  FieldPath p;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    const std::string_view token = pointer.substr(0, end);
    p = !token.empty() && token.find_first_not_of("0123456789") == token.npos
            ? p[static_cast<std::size_t>(std::stoi(std::string(token)))]
            : p / token;
    pointer.remove_prefix(end);
  }
  return p;
}

struct Step {
  const char* what;  // "set", "append", "remove", "tidy"
  const char* path;
  const char* value = "";
};

struct Case {
  const char* name;
  const char* document;
  std::vector<Step> steps;
  const char* patch;
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

void run(Edit& edit, const Step& s) {
  const std::string_view what = s.what;
  if (what == "remove") return edit.remove(path_of(s.path));
  if (what == "tidy") return edit.remove_if_empty(path_of(s.path));
  Value v = *parse_json(s.value, edit.arena());
  if (what == "set") return edit.set(path_of(s.path), std::move(v));
  edit.append(path_of(s.path), std::move(v));
}

class Edits : public testing::TestWithParam<Case> {};

TEST_P(Edits, GiveThePatch) {
  const Case& c = GetParam();
  Arena arena;
  Value document = *parse_json(c.document, arena);
  Edit edit(document, arena);
  for (const Step& s : c.steps) run(edit, s);
  const Value patch = edit.patch();
  EXPECT_EQ(to_json(patch), c.patch);
  EXPECT_EQ(edit.changed(), !patch.Empty());

  Value original = *parse_json(c.document, arena);
  apply_json_patch(original, patch, arena);
  EXPECT_TRUE(equal(original, document)) << to_json(original) << "\n" << to_json(document);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, Edits,
    testing::Values(
        Case{"Nothing", R"({"a":1})", {}, "[]"},
        Case{"Replace", R"({"a":1})", {{"set", "/a", "2"}}, R"([{"op":"replace","path":"/a","value":2}])"},
        Case{"SameAgain", R"({"a":1})", {{"set", "/a", "1"}}, "[]"},
        Case{"SameMeaning", R"({"a":{"x":1,"y":2}})", {{"set", "/a", R"({"y":2,"x":1.0})"}}, "[]"},
        Case{"AddOnAWayThatIsMissing",
             R"({})",
             {{"set", "/a/b/c", "1"}},
             R"([{"op":"add","path":"/a","value":{"b":{"c":1}}}])"},
        Case{"OneAddForTwo",
             R"({})",
             {{"set", "/a/b", "1"}, {"set", "/a/c", "2"}},
             R"([{"op":"add","path":"/a","value":{"b":1,"c":2}}])"},
        Case{"AddInto",
             R"({"a":{"x":1}})",
             {{"set", "/a/b", "1"}},
             R"([{"op":"add","path":"/a/b","value":1}])"},
        Case{"Remove", R"({"a":1,"b":2})", {{"remove", "/a"}}, R"([{"op":"remove","path":"/a"}])"},
        Case{"RemoveNothing", R"({"a":1})", {{"remove", "/x/y"}}, "[]"},
        Case{"SetAndTakeBack", R"({"a":1})", {{"set", "/b", "2"}, {"remove", "/b"}}, "[]"},
        Case{"RemoveAndPutBack", R"({"a":{"x":[1]}})", {{"remove", "/a"}, {"set", "/a/x", "[1]"}}, "[]"},
        Case{"DeepThenShallow",
             R"({"a":{"b":{"c":1},"d":2}})",
             {{"set", "/a/b/c", "9"}, {"set", "/a/b/n", "1"}, {"remove", "/a"}},
             R"([{"op":"remove","path":"/a"}])"},
        Case{"DeepThenShallowAsItWas",
             R"({"a":{"b":{"c":1}}})",
             {{"set", "/a/b/c", "9"}, {"set", "/a/b/n", "1"}, {"set", "/a", R"({"b":{"c":1}})"}},
             "[]"},
        Case{"Move",
             R"({"p":{"sklearn":{"uri":"u"}}})",
             {{"set", "/p/model", R"({"uri":"u"})"}, {"remove", "/p/sklearn"}},
             R"([{"op":"add","path":"/p/model","value":{"uri":"u"}},{"op":"remove","path":"/p/sklearn"}])"},
        Case{"Append", R"({"l":[1]})", {{"append", "/l", "2"}}, R"([{"op":"add","path":"/l/-","value":2}])"},
        Case{
            "AppendToNothing", R"({})", {{"append", "/l", "2"}}, R"([{"op":"add","path":"/l","value":[2]}])"},
        Case{"ElementSet",
             R"({"l":[{"a":1},{"a":2}]})",
             {{"set", "/l/1/a", "3"}},
             R"([{"op":"replace","path":"/l/1/a","value":3}])"},
        Case{"ElementRemoved",
             R"({"l":[1,2]})",
             {{"remove", "/l/0"}},
             R"([{"op":"replace","path":"/l","value":[2]}])"},
        Case{"ElementRemovedAndPutBack", R"({"l":[1]})", {{"remove", "/l/0"}, {"append", "/l", "1"}}, "[]"},
        Case{"EmptiedIsTidied",
             R"({"l":[1]})",
             {{"remove", "/l/0"}, {"tidy", "/l"}},
             R"([{"op":"remove","path":"/l"}])"},
        Case{"FullIsNotTidied", R"({"l":[1]})", {{"tidy", "/l"}}, "[]"},
        Case{"PointerEscapes",
             R"({"m":{}})",
             {{"set", "/m/x~y", "1"}},
             R"([{"op":"add","path":"/m/x~0y","value":1}])"},
        Case{"UnknownFieldsStay",
             R"({"a":{"unknown":{"x":[1]},"b":1}})",
             {{"set", "/a/b", "2"}},
             R"([{"op":"replace","path":"/a/b","value":2}])"}),
    [](const auto& i) { return i.param.name; });

TEST(Edits, SlashesInKeysAreEscaped) {
  Arena arena;
  Value document = *parse_json("{}", arena);
  Edit edit(document, arena);
  edit.set((FieldPath{} / "labels").key("a/b"), make_literal("1"));
  edit.set((FieldPath{} / "labels").key("c"), make_literal("2"));
  EXPECT_EQ(to_json(edit.patch()), R"([{"op":"add","path":"/labels","value":{"a/b":"1","c":"2"}}])");
  Value other = *parse_json(R"({"labels":{}})", arena);
  Edit again(other, arena);
  again.set((FieldPath{} / "labels").key("a/b"), make_literal("1"));
  EXPECT_EQ(to_json(again.patch()), R"([{"op":"add","path":"/labels/a~1b","value":"1"}])");
}

#ifdef MODELGATE_CHECK_VIEWS  // on in the sanitized build
TEST(Edits, InvalidateViews) {
  Arena arena;
  Value document = *parse_json(R"({"a":{"b":"x"}})", arena);
  Edit edit(document, arena);
  const ObjectView view(document, &edit.revision());
  const ObjectView a = view.object("a");
  EXPECT_EQ(a.string("b"), "x");
  edit.set(FieldPath{} / "c", make_literal("y"));
  EXPECT_THROW(static_cast<void>(a.string("b")), std::logic_error);
  EXPECT_EQ(ObjectView(document, &edit.revision()).string("c"), "y");
}
#endif

/// A hundred thousand random edits of random documents: the patch always turns the original into the result.
TEST(Edits, OfAnySequenceGiveTheirPatch) {
  std::mt19937 random(20261123);
  const std::vector<const char*> documents = {"{}", R"({"a":{"b":{"c":1},"l":[1,{"x":2}]},"d":[],"e":"f"})",
                                              R"({"a":{"b":[{"c":1},{"c":2}]},"b":{"a":{}}})"};
  const std::vector<const char*> members = {"a", "b", "c", "d"};
  const std::vector<const char*> values = {"1", "\"x\"", "{}", "[]", R"({"a":1,"b":{"c":2}})", "[1,2]"};
  const auto pick = [&](const auto& list) { return list[random() % list.size()]; };
  for (int round = 0; round < 20'000; ++round) {
    Arena arena;
    const char* text = pick(documents);
    Value document = *parse_json(text, arena);
    Edit edit(document, arena);
    for (std::size_t step = random() % 6; step > 0; --step) {
      FieldPath p;
      for (std::size_t i = random() % 3 + 1; i > 0; --i) {
        const Value* at = edit.find(p);
        if (at && !at->IsObject()) break;  // the caller has checked the structure
        p = p / pick(members);
      }
      const Value* there = edit.find(p);
      switch (random() % 3) {
        case 0:
          edit.set(p, *parse_json(pick(values), arena));
          break;
        case 1:
          edit.remove(p);
          break;
        default:
          if (!there || there->IsArray()) edit.append(p, *parse_json(pick(values), arena));
      }
    }
    const Value patch = edit.patch();
    Value original = *parse_json(text, arena);
    apply_json_patch(original, patch, arena);
    ASSERT_TRUE(equal(original, document)) << text << "\n" << to_json(patch) << "\n" << to_json(document);
    ASSERT_EQ(edit.changed(), !patch.Empty());
  }
}

}  // namespace
}  // namespace modelgate::spec
