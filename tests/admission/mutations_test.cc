// SPDX-License-Identifier: Apache-2.0
//
// Invalid objects: the examples, damaged at random in their structure (values of other types,
// fields renamed, doubled, removed, nested). The pipeline responds to each; an object that it patched needs no
// further patch; and each denial has a path.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "admission/admission.h"
#include "kube/manifests.h"
#include "spec/lookup_rounds.h"
#include "tests/json_patch.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::Value;

#ifdef MODELGATE_SANITIZE
constexpr int kRoundsPerExample = 150;
#else
constexpr int kRoundsPerExample = 1500;
#endif

constexpr const char* kOddities[] = {
    "null",
    "true",
    "0",
    "-1",
    "1e30",
    "9223372036854775807",
    "\"\"",
    "\"x\"",
    "\"{{.Name}}\"",
    "\"1Gi\"",
    "\"\\u0000\"",
    "[]",
    "{}",
    "[{}]",
    "[null]",
    "[[]]",
    R"({"name":"kserve-container"})",
    R"([{"name":"kserve-container"},{"name":"kserve-container"}])",
    R"({"":{"":""}})",
    "\"nvidia.com/gpu\"",
    "[1,\"a\",{}]",
};

class Damage {
 public:
  Damage(std::mt19937& random, Arena& arena) : random_(random), arena_(arena) {}

  void at_random(Value& v, int depth = 0) {
    if (v.IsObject() && !v.ObjectEmpty() && depth < 12) {
      const auto m = v.MemberBegin() + static_cast<int>(random_() % v.MemberCount());
      if (random_() % 4 != 0) return at_random(m->value, depth + 1);
      return member(v, m);
    }
    if (v.IsArray() && !v.Empty() && random_() % 4 != 0) return at_random(v[random_() % v.Size()], depth + 1);
    v = odd();
  }

 private:
  Value odd() { return *spec::parse_json(kOddities[random_() % std::size(kOddities)], arena_); }

  void member(Value& object, Value::MemberIterator m) {
    static constexpr std::string_view kNames[] = {
        "model",     "sklearn", "containers", "canary",   "env",  "name",       "predictor",
        "resources", "limits",  "storageUri", "metadata", "spec", "annotations"};
    switch (random_() % 4) {
      case 0:
        object.EraseMember(m);
        break;
      case 1:
        m->value = odd();
        break;
      case 2: {
        const std::string_view name = kNames[random_() % std::size(kNames)];
        spec::set_member(object, name, spec::clone(m->value, arena_), arena_);
        break;
      }
      default: {
        const std::string_view name = kNames[random_() % std::size(kNames)];
        spec::set_member(object, name, odd(), arena_);
      }
    }
  }

  std::mt19937& random_;
  Arena& arena_;
};

std::vector<std::string> example_services() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(MODELGATE_SOURCE_DIR "/deploy/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    Arena arena;
    auto objects = kube::read_objects(entry.path().filename().string(), text.str(), arena);
    EXPECT_TRUE(objects) << objects.error().to_string();
    for (const auto& o : *objects) {
      if (spec::ObjectView(o.value).string("kind") == "InferenceService")
        out.push_back(spec::to_json(o.value));
    }
  }
  return out;
}

std::string review_of(const char* operation, const std::string& object, const std::string& old) {
  return fmt::format(R"({{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u",
    "kind":{{"group":"serving.kserve.io","version":"v1beta1","kind":"InferenceService"}},"name":"n","namespace":"ns",
    "operation":"{}","object":{},"oldObject":{}}}}})",
                     operation, object, old);
}

class Mutations : public testing::Test {
 protected:
  void SetUp() override {
    kube::ManifestReader reader;
    reader.add_builtin();
    auto manifests = reader.finish(1);
    ASSERT_TRUE(manifests);
    manifests_ = *manifests;
  }

  /// The response, with all facts unknown.
  Response answer(Endpoint endpoint, const std::string& body) {
    Facts facts;
    for (int round = 0; round <= spec::LookupRounds::kMax; ++round) {
      Arena arena;
      auto review = decode_review(body, arena);
      EXPECT_TRUE(review) << review.error().message << body;
      Outcome outcome = admit(endpoint, *review, *manifests_->catalog, facts, arena);
      if (auto* response = std::get_if<Response>(&outcome)) return std::move(*response);
      for (const ObjectKey& key : std::get<Needs>(outcome).objects) facts.add(key, {});
    }
    ADD_FAILURE() << "more rounds of lookups than " << spec::LookupRounds::kMax << ": " << body;
    return {};
  }

  std::string patched(const std::string& object, const Response& response) {
    Arena arena;
    Value document = *spec::parse_json(object, arena);
    if (!response.patch.empty())
      spec::apply_json_patch(document, *spec::parse_json(response.patch, arena), arena);
    return spec::to_json(document);
  }

  std::shared_ptr<const kube::Manifests> manifests_;
};

TEST_F(Mutations, AreAnsweredAndDefaultedOnce) {
  std::mt19937 random(3);
  const auto examples = example_services();
  ASSERT_GT(examples.size(), 20U);
  std::size_t allowed = 0;
  std::size_t denied = 0;
  for (const std::string& example : examples) {
    for (int round = 0; round < kRoundsPerExample; ++round) {
      Arena arena;
      Value document = *spec::parse_json(example, arena);
      Damage damage(random, arena);
      for (auto times = random() % 3; times > 0; --times) damage.at_random(document);
      if (!document.IsObject()) continue;
      const std::string object = spec::to_json(document);

      const Response first = answer(Endpoint::kMutateInferenceService, review_of("CREATE", object, "null"));
      if (!first.allowed) {
        ASSERT_FALSE(first.causes.empty()) << object;
        ++denied;
        continue;
      }
      const std::string after = patched(object, first);
      // An update of the stored object with itself, or with the same manifest, changes nothing.
      const Response again = answer(Endpoint::kMutateInferenceService, review_of("UPDATE", after, after));
      ASSERT_EQ(again.patch, "") << object << "\n" << after;
      const Response replaced = answer(Endpoint::kMutateInferenceService, review_of("UPDATE", object, after));
      Arena compare;
      ASSERT_TRUE(spec::equal(*spec::parse_json(patched(object, replaced), compare),
                              *spec::parse_json(after, compare)))
          << object << "\n"
          << after << "\n"
          << patched(object, replaced);

      const Response verdict =
          answer(Endpoint::kValidateInferenceService, review_of("CREATE", after, "null"));
      ASSERT_EQ(verdict.allowed, verdict.causes.empty()) << object;
      ++(verdict.allowed ? allowed : denied);
      // An update of a stored object with itself is always allowed.
      const Response stored = answer(Endpoint::kValidateInferenceService, review_of("UPDATE", after, after));
      ASSERT_TRUE(stored.allowed) << after << "\n" << stored.message;
    }
  }
  EXPECT_GT(allowed, examples.size());
  EXPECT_GT(denied, examples.size());
}

}  // namespace
}  // namespace modelgate::admission
