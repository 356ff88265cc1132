// SPDX-License-Identifier: Apache-2.0
//
// Updates of objects that were stored before our rules and defaults, or under another CRD: of any shape, with
// any number of errors, or unchanged but for their metadata.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/admission/reviewed.h"
#include "tests/cpu_time.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::Value;

Value parse(std::string_view json, Arena& arena) {
  auto value = spec::parse_json(json, arena);
  EXPECT_TRUE(value) << json;
  return std::move(*value);
}

void compatible(spec::Configuration& c) {
  c.modelgate.validation = spec::ModelgateConfiguration::Validation::kCompatible;
}

std::string service(std::string_view spec, std::string_view metadata = "") {
  return fmt::format(
      R"({{"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{{"name":"m","namespace":"ns"{}}},"spec":{}}})",
      metadata, spec);
}

constexpr std::string_view kStandard = R"(,"annotations":{"serving.kserve.io/deploymentMode":"Standard"})";

// ----------------------------------------------------------------------------------- objects of any shape

/// Most of what defaulting, the rules and the builder read.
constexpr std::string_view kFull = R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService",
"metadata":{"name":"m","namespace":"ns","labels":{"team":"x"},"generation":2,
 "annotations":{"serving.kserve.io/deploymentMode":"Standard","modelFormat":"sklearn","serving.kserve.io/gpu-resource-types":"[\"a.b/c\"]",
 "modelgate.io/defaults":"{\"spec.predictor.model.runtime\":\"runtime 0123456789abcdef\",\"spec.canary[name=canary].trafficPercent\":\"share 0\",\"spec.transformer.containers[name=kserve-container].name\":\"was=w 84d277e0bf0743ef\"}"}},
"spec":{"canaryTrafficPercent":1,
 "predictor":{"name":"p","minReplicas":-1,"canaryTrafficPercent":20,"scaleMetric":"cpu","nodeSelector":{"a":"b"},
  "tolerations":[{"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"}],"volumes":[{"name":"v","emptyDir":{}}],
  "imagePullSecrets":[{"name":"s"}],"logger":{"mode":"all"},"storageUris":[{"uri":"s3://b/m","mountPath":"/mnt/x"}],
  "autoScaling":{"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}}]},
  "workerSpec":{"pipelineParallelSize":2,"containers":[{"name":"worker-container","image":"i"}]},
  "model":{"modelFormat":{"name":"sklearn","version":"1"},"runtime":"plain","storageUri":"s3://b/m","protocolVersion":"v1",
   "env":[{"name":"A","value":"b"},{"name":"B","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],
   "ports":[{"containerPort":8080}],"volumeMounts":[{"name":"v","mountPath":"/v"}],
   "resources":{"requests":{"cpu":"1"},"limits":{"cpu":"1","nvidia.com/gpu":"1"}},"readinessProbe":{"httpGet":{"path":"/","port":8080}}}},
 "transformer":{"containers":[{"name":"kserve-container","image":"i","args":["--a"]},{"name":"w","image":"j"}]},
 "explainer":{"art":{"type":"SquareAttack"}},
 "canary":[{"trafficPercent":80,"predictor":{"name":"canary","sklearn":{"storageUri":"s3://b/n"},"model":{"env":[{"name":"A"}]}}}]},
"status":{"deploymentMode":"Standard","clusterServingRuntimeName":"plain","conditions":[{"type":"Ready","status":"True"}]}})";

constexpr const char* kOddities[] = {"true", "-1",  "1.5",  "\"x\"", "[]",
                                     "{}",   "[5]", "[[]]", "[{}]",  R"({"a":1})"};

void for_each_path(const Value& v, const spec::FieldPath& path,
                   const std::function<void(const spec::FieldPath&)>& f) {
  if (!path.empty()) f(path);
  if (v.IsObject()) {
    for (const auto& m : v.GetObject()) for_each_path(m.value, path / spec::text_of(m.name), f);
  } else if (v.IsArray()) {
    for (rapidjson::SizeType i = 0; i < v.Size(); ++i) for_each_path(v[i], path[i], f);
  }
}

TEST(StoredObject, OfAnyShapeIsNeverABug) {
  for (const bool strict : {true, false}) {
    Cluster cluster(strict ? [](spec::Configuration&) {} : compatible);
    Arena arena;
    const Value full = parse(kFull, arena);
    std::vector<std::string> olds = {"{}", R"({"metadata":{}})", R"({"spec":null,"metadata":null})", "null"};
    for_each_path(full, {}, [&](const spec::FieldPath& path) {
      for (const char* odd : kOddities) {
        Value old = spec::clone(full, arena);
        *path.find_in(old) = parse(odd, arena);
        olds.push_back(spec::to_json(old));
      }
    });
    const std::string changed =
        service(R"({"predictor":{"minReplicas":-1,"model":{"modelFormat":{"name":"sklearn"}}}})");
    for (const std::string& old : olds) {
      EXPECT_NO_THROW(cluster.update(changed, old)) << old;
      EXPECT_NO_THROW(cluster.update(kFull, old)) << old;
      if (!old.contains("metadata\":{\"")) continue;
      Reviewed same;
      EXPECT_NO_THROW(same = cluster.update(old, old)) << old;
      if (strict) EXPECT_TRUE(same.response.allowed) << old << same.response.message;
    }
  }
}

TEST(StoredObject, WithATypeErrorExcusesTheErrorsOfWhatCanBeRead) {
  Cluster cluster;
  const std::string spec =
      R"({"predictor":{"minReplicas":-1,"model":{"modelFormat":{"name":"sklearn"},"storageUri":"s3://b/m"}})";
  const std::string bad =
      R"(,"canary":[{"predictor":{"name":"c","model":{"env":5,"modelFormat":{"name":"sklearn"}}}}]})";
  const std::string old = service(spec + bad, kStandard);
  const Reviewed fixed = cluster.update(service(spec + "}", kStandard), old);
  EXPECT_TRUE(fixed.response.allowed) << fixed.response.message;
  EXPECT_TRUE(fixed.warns("spec.predictor.minReplicas"));

  const Reviewed labelled =
      cluster.update(service(spec + bad, fmt::format("{},\"labels\":{{\"a\":\"b\"}}", kStandard)), old);
  EXPECT_TRUE(labelled.response.allowed) << labelled.response.message;
  EXPECT_TRUE(labelled.warns("spec.canary[0].predictor.model.env"));

  std::string worse = bad;
  worse.replace(worse.find("\"env\":5"), 7, R"("env":5,"args":"x")");
  EXPECT_EQ(cluster.update(service(spec + worse, kStandard), old).causes(),
            std::vector<std::string>{"spec.canary[0].predictor.model.args FieldValueTypeInvalid"});
  std::string other = bad;
  other.replace(other.find("\"env\":5"), 7, "\"env\":6");
  EXPECT_FALSE(cluster.update(service(spec + other, kStandard), old).response.allowed) << "another value";
  std::string rule = spec;
  rule.replace(rule.find("-1"), 2, "-2");
  EXPECT_EQ(cluster.update(service(rule + bad, kStandard), old).causes(),
            std::vector<std::string>{"spec.predictor.minReplicas FieldValueInvalid"})
      << "the rules still hold";
  EXPECT_FALSE(Cluster(compatible).update(service(spec + bad, kStandard), old).response.allowed)
      << "KServe cannot read it";
}

// ------------------------------------------------------------------------------------- unchanged objects

/// Specs that break a rule, most of them in a way that depends on what the defaults would add.
constexpr const char* kInvalid[] = {
    R"({"predictor":{"scaleMetric":"cpu","model":{"modelFormat":{"name":"sklearn"},"storageUri":"s3://b/m","resources":{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"1","memory":"1Gi"}}}}})",
    R"({"predictor":{"minReplicas":-1,"sklearn":{"storageUri":"s3://b/m"}}})",
    R"({"predictor":{"minReplicas":5,"maxReplicas":2,"model":{"modelFormat":{"name":"sklearn"}}}})",
    R"({"predictor":{"model":{"modelFormat":{"name":"unknown"}}}})",
    R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"},"runtime":"off"}}})",
    R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"},"storageUri":"ftp://x","storage":{"key":"k"}}}})",
    R"({"predictor":{"containers":[{"image":"i"},{"image":"j"}]}})",
    R"({"predictor":{"containers":[{"name":"a","image":"i"},{"name":"a","image":"j"}]}})",
    R"({"predictor":{}})",
    R"({})",
    R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"}}},"transformer":{"containers":[{"name":"w"},{"name":"w"}]}})",
    R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"},"env":[{"name":"="},{"name":"="}]}}})",
    R"({"predictor":{"sklearn":{},"xgboost":{},"model":{"modelFormat":{"name":"sklearn"}}}})",
    R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"},"runtime":"mounts"},"bananas":{"x":1}}})",
    R"({"predictor":{"model":{"modelFormat":{"name":"huggingface"}},"workerSpec":{"pipelineParallelSize":0}}})",
    R"({"predictor":{"deploymentStrategy":{"type":"Recreate"},"model":{"modelFormat":{"name":"sklearn"}}}})",
    R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"}}},"canary":{"predictor":{"model":{}}}})",
    R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"}}},"canary":[{"trafficPercent":70,"predictor":{"name":"a","model":{}}},{"trafficPercent":70,"predictor":{"name":"a","model":{}}}]})",
};

constexpr const char* kStoredMetadata[] = {
    "",
    R"(,"annotations":{"serving.kserve.io/deploymentMode":"Standard"})",
    R"(,"annotations":{"serving.kserve.io/deploymentMode":"RawDeployment"})",
    R"(,"annotations":{"serving.kserve.io/deploymentMode":"Knative"})",
    R"(,"annotations":{"serving.kserve.io/deploymentMode":"bogus","serving.kserve.io/autoscalerClass":"bogus"})",
};

constexpr const char* kStatuses[] = {"", R"(,"status":{"deploymentMode":"Standard"})",
                                     R"(,"status":{"deploymentMode":"Knative"})"};

/// What an update that does not concern us changes: labels, finalizers, owners, another tool's annotations.
const std::function<void(Value&, Arena&)> kChanges[] = {
    [](Value& m, Arena& a) { spec::set_member(m, "labels", parse(R"({"team":"x"})", a), a); },
    [](Value& m, Arena& a) { spec::set_member(m, "finalizers", parse(R"(["a.b/c"])", a), a); },
    [](Value& m, Arena& a) {
      spec::set_member(m, "ownerReferences",
                       parse(R"([{"apiVersion":"v1","kind":"X","name":"x","uid":"u"}])", a), a);
    },
    [](Value& m, Arena& a) { spec::set_member(m, "managedFields", parse(R"([{"manager":"m"}])", a), a); },
    [](Value&, Arena&) {},
    [](Value& m, Arena& a) {
      if (!spec::find(m, "annotations")) spec::set_member(m, "annotations", parse("{}", a), a);
      spec::set_member(*spec::find(m, "annotations"), "argocd.argoproj.io/tracking-id", parse("\"x\"", a), a);
    },
};

TEST(UnchangedObject, CanAlwaysBeUpdated) {
  Cluster cluster;
  for (const char* spec : kInvalid) {
    for (const char* metadata : kStoredMetadata) {
      for (const char* status : kStatuses) {
        std::string stored = service(spec, metadata);
        stored.insert(stored.size() - 1, status);
        for (std::size_t i = 0; i < std::size(kChanges); ++i) {
          Arena arena;
          Value changed = parse(stored, arena);
          kChanges[i](*spec::find(changed, "metadata"), arena);
          const Reviewed r = cluster.update(spec::to_json(changed), stored);
          EXPECT_TRUE(r.response.allowed) << i << " " << stored << "\n" << r.response.message;
        }
      }
    }
  }
}

TEST(UnchangedObject, IsJudgedAsByKServeInCompatibleMode) {
  Cluster cluster(compatible);
  const std::string stored = service(
      R"({"predictor":{"minReplicas":5,"maxReplicas":2,"model":{"modelFormat":{"name":"sklearn"}}}})");
  EXPECT_FALSE(cluster.update(stored, stored).response.allowed);
  const std::string scaled = service(kInvalid[0], R"(,"labels":{"team":"x"})");
  EXPECT_TRUE(cluster.update(scaled, service(kInvalid[0])).response.allowed);
}

TEST(UnchangedObject, ALabelThatBreaksATemplateIsNew) {
  Cluster cluster;
  const std::string spec = R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"},"runtime":"team"}}})";
  const std::string stored = service(spec, R"(,"labels":{"team":"x"})");
  EXPECT_FALSE(cluster.update(service(spec), stored).response.allowed);
}

// -------------------------------------------------------------------------------------- many errors

std::string variables(std::size_t count, std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += fmt::format(R"({}{{"name":"{}","value":"x"}})", i ? "," : "", name);
  return out;
}

std::string with_env(std::string_view env, std::string_view more = "") {
  return service(
      fmt::format(
          R"({{"predictor":{{"model":{{"modelFormat":{{"name":"sklearn"}},"storageUri":"s3://b/m","env":[{}]{}}}}}}})",
          env, more),
      kStandard);
}

TEST(ManyErrors, DoNotHideANewOne) {
  Cluster cluster;
  for (const std::size_t count : {1U, 64U, 127U, 128U, 129U, 1000U, 5000U}) {
    const std::string old = with_env(variables(count, "="));
    const Reviewed same = cluster.update(old, old);
    EXPECT_TRUE(same.response.allowed) << count << same.response.message;
    const Reviewed unknown = cluster.update(with_env(variables(count, "="), R"(,"bananas":1)"), old);
    EXPECT_EQ(unknown.causes(), std::vector<std::string>{"spec.predictor.model.bananas FieldValueForbidden"})
        << count;
    const Reviewed limits = cluster.update(
        with_env(variables(count, "="), R"(,"resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}})"),
        old);
    EXPECT_EQ(limits.response.causes.size(), 1U) << count << limits.response.message;
    const Reviewed other = cluster.update(with_env(variables(count, "=") + R"(,{"name":"-="})"), old);
    EXPECT_EQ(other.response.causes.size(), 1U) << count << other.response.message;
    const Reviewed fewer = cluster.update(with_env(variables(count - 1, "=")), old);
    EXPECT_TRUE(fewer.response.allowed) << count << fewer.response.message;
    // A further one of the same name is new: its name is invalid, and a duplicate.
    const Reviewed more = cluster.update(with_env(variables(count + 1, "=")), old);
    EXPECT_EQ(more.response.causes.size(), 2U) << count << more.response.message;
  }
}

TEST(ManyErrors, AreShownOnlyIfTheyAreNew) {
  Cluster cluster;
  const std::string old = with_env(variables(1000, "="));
  const Reviewed r = cluster.update(with_env(variables(1000, "=") + "," + variables(300, "-=")), old);
  ASSERT_FALSE(r.response.allowed);
  EXPECT_EQ(r.response.causes.size(), spec::FieldErrors::kMaxErrors + 1);
  EXPECT_TRUE(r.response.causes.back().message.contains("471 further errors"))
      << r.response.causes.back().message;
  EXPECT_TRUE(r.warns("further pre-existing errors"));
}

TEST(ManyErrors, MayChangeTheirOrder) {
  Cluster cluster;
  std::string forward;
  std::string backward;
  for (int i = 0; i < 300; ++i) {
    forward += fmt::format(R"({}{{"name":"={}"}})", i ? "," : "", i);
    backward = fmt::format(R"({{"name":"={}"}}{}{})", i, i ? "," : "", backward);
  }
  const Reviewed r = cluster.update(with_env(backward), with_env(forward));
  EXPECT_TRUE(r.response.allowed) << r.response.message;
}

/// Elements without a key, and canaries, whose key is in their predictor.
TEST(ManyErrors, FollowElementsThatMove) {
  Cluster cluster;
  const auto tolerations = [](std::string_view list) {
    return service(
        fmt::format(
            R"({{"predictor":{{"model":{{"modelFormat":{{"name":"sklearn"}}}},"tolerations":[{}]}}}})", list),
        kStandard);
  };
  const std::string bad = R"({"key":"a","operator":"Wrong"})";
  const std::string good = R"({"key":"b","operator":"Exists"})";
  EXPECT_TRUE(cluster.update(tolerations(good + "," + bad), tolerations(bad)).response.allowed);
  EXPECT_FALSE(cluster.update(tolerations(bad + "," + bad), tolerations(bad)).response.allowed);
  EXPECT_TRUE(cluster.update(tolerations(R"({"key":"changed","operator":"Wrong"})"), tolerations(bad))
                  .response.allowed);

  const auto canaries = [](std::string_view list) {
    return service(
        fmt::format(R"({{"predictor":{{"model":{{"modelFormat":{{"name":"sklearn"}}}}}},"canary":[{}]}})",
                    list),
        kStandard);
  };
  const std::string wrong = R"({"trafficPercent":1,"predictor":{"name":"a","minReplicas":-1,"model":{}}})";
  const std::string right = R"({"trafficPercent":1,"predictor":{"name":"b","model":{}}})";
  const Reviewed moved = cluster.update(canaries(right + "," + wrong), canaries(wrong));
  EXPECT_TRUE(moved.response.allowed) << moved.response.message;
  const std::string another = R"({"trafficPercent":1,"predictor":{"name":"c","minReplicas":-1,"model":{}}})";
  EXPECT_FALSE(cluster.update(canaries(another), canaries(wrong)).response.allowed);
}

/// Texts that an error cuts are compared as a whole.
TEST(ManyErrors, WithLongValuesAreDifferent) {
  Cluster cluster;
  const auto named = [](char end) {
    return with_env(fmt::format(R"({{"name":"={}{}"}})", std::string(200, 'a'), end));
  };
  EXPECT_TRUE(cluster.update(named('x'), named('x')).response.allowed);
  const auto uri = [](char end) {
    return service(
        fmt::format(
            R"({{"predictor":{{"model":{{"modelFormat":{{"name":"sklearn"}},"storageUri":"ftp://{}{}"}}}}}})",
            std::string(200, 'a'), end),
        kStandard);
  };
  cluster.state = [](const ObjectKey&) { return Fact::State::kAbsent; };
  EXPECT_TRUE(cluster.update(uri('x'), uri('x')).response.allowed);
  EXPECT_FALSE(cluster.update(uri('y'), uri('x')).response.allowed);
}

/// About a megabyte of errors of each kind. Each takes some hundred milliseconds.
TEST(ManyErrors, TakeLittleCpuTime) {
  Cluster cluster;
  std::string unnamed;
  std::string unknown;
  for (int i = 0; i < 15'000; ++i) {
    unnamed += fmt::format(R"({}{{"value":"{}"}})", i ? "," : "", i);
    unknown += fmt::format(R"(,"unknown{}":1)", i);
  }
  const std::string long_name(300'000, 'n');
  const std::string deep = fmt::format(
      R"({{"predictor":{{"model":{{"modelFormat":{{"name":"sklearn"}}}},"containers":[{{"name":"{}","image":"i","env":[{}]}}]}}}})",
      long_name, variables(15'000, "="));
  for (const std::string& old : {with_env(variables(15'000, "=")), with_env(unnamed), with_env("", unknown),
                                 service(deep, kStandard)}) {
    const std::string changed = old.substr(0, old.size() - 1) + R"(,"status":{"a":1}})";
    std::string labelled = changed;
    labelled.replace(labelled.find(R"("namespace":"ns")"), 16, R"("namespace":"ns","labels":{"a":"b"})");
    const auto begin = cpu_time();
    EXPECT_TRUE(cluster.update(labelled, old).response.allowed) << old.substr(0, 200);
    EXPECT_LT(cpu_time() - begin, std::chrono::seconds(5)) << old.substr(0, 200);
  }
}

}  // namespace
}  // namespace modelgate::admission
