// SPDX-License-Identifier: Apache-2.0
#include "kube/manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "deploy/builtin.h"
#include "kube/manifest_watcher.h"

namespace modelgate::kube {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string runtime(std::string_view name, std::string_view format, std::string_view extra = "") {
  return "apiVersion: serving.kserve.io/v1alpha1\nkind: ClusterServingRuntime\nmetadata: {name: " +
         std::string(name) + "}\nspec:\n  supportedModelFormats: [{name: " + std::string(format) +
         "}]\n  containers: [{name: kserve-container, image: x}]\n" + std::string(extra);
}

/// A directory that is removed after the test.
class Directory {
 public:
  Directory() {
    std::string name = (fs::temp_directory_path() / "modelgate-manifests-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() { fs::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const fs::path& path() const { return path_; }
  void write(std::string_view name, std::string_view text) const { std::ofstream(path_ / name) << text; }
  void remove(std::string_view name) const { fs::remove(path_ / name); }

 private:
  fs::path path_;
};

std::expected<std::shared_ptr<const Manifests>, std::vector<ManifestError>> read(std::string_view text) {
  ManifestReader reader;
  reader.add_text("file.yaml", text);
  return reader.finish(1);
}

TEST(BuiltIn, HasTheConfigurationAndRuntimes) {
  ManifestReader reader;
  reader.add_builtin();
  const auto manifests = reader.finish(7);
  ASSERT_TRUE(manifests) << manifests.error().front().to_string();
  const spec::Catalog& catalog = *(*manifests)->catalog;
  EXPECT_EQ(catalog.generation(), 7U);
  for (const ManifestError& warning : (*manifests)->warnings) ADD_FAILURE() << warning.to_string();
  for (const char* name :
       {"kserve-sklearnserver", "kserve-xgbserver", "kserve-torchserve", "kserve-tensorflow-serving",
        "kserve-tritonserver", "kserve-huggingfaceserver", "kserve-lgbserver", "kserve-paddleserver"}) {
    EXPECT_NE(catalog.find_cluster_runtime(name), nullptr) << name;
  }
  ASSERT_EQ(catalog.storage_containers().size(), 1U);
  EXPECT_EQ(catalog.configuration().deploy.default_deployment_mode, "Standard");
  EXPECT_TRUE(catalog.configuration().modelgate.strict());
}

TEST(BuiltIn, HasEveryFileOfItsFolders) {
  std::set<std::string> files;
  for (const char* folder : {"config", "runtimes"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(MODELGATE_SOURCE_DIR) / "deploy" / folder)) {
      if (entry.path().extension() == ".yaml")
        files.insert(std::string(folder) + "/" + entry.path().filename().string());
    }
  }
  std::set<std::string> built_in;
  for (const BuiltinManifest& manifest : builtin_manifests()) built_in.insert(std::string(manifest.name));
  EXPECT_EQ(built_in, files);
}

TEST(Manifests, ReplaceTheBuiltInOnes) {
  ManifestReader reader;
  reader.add_builtin();
  reader.add_text("mine.yaml", runtime("kserve-sklearnserver", "mine"));
  const auto manifests = reader.finish(1);
  ASSERT_TRUE(manifests);
  const spec::Runtime* found = (*manifests)->catalog->find_cluster_runtime("kserve-sklearnserver");
  ASSERT_NE(found, nullptr);
  ASSERT_EQ(found->formats.size(), 1U);
  EXPECT_EQ(found->formats[0].name, "mine");
}

TEST(Manifests, WithoutAConfigurationHaveTheBuiltInOneAndNoOtherBuiltIn) {
  const auto manifests = read(runtime("only", "x"));
  ASSERT_TRUE(manifests);
  EXPECT_EQ((*manifests)->catalog->cluster_runtimes().size(), 1U);
  EXPECT_TRUE((*manifests)->catalog->configuration().inference_service.resource.cpu_request.has_value());
}

TEST(Manifests, KeepOtherObjectsByName) {
  const auto manifests = read(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\n---\n"
      "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: c}\n---\n"
      "apiVersion: example.com/v1\nkind: ServingRuntime\nmetadata: {name: d}\n");
  ASSERT_TRUE(manifests);
  EXPECT_NE((*manifests)->find("Secret", "b", "a"), nullptr);
  EXPECT_EQ((*manifests)->find("Secret", "default", "a"), nullptr);
  EXPECT_NE((*manifests)->find("ServiceAccount", "default", "c"), nullptr);
  EXPECT_NE((*manifests)->find("ServingRuntime", "default", "d"), nullptr) << "of another group";
}

struct FactCase {
  const char* name;
  spec::ObjectKey key;
  spec::Fact::State state;
};
void PrintTo(const FactCase& c, std::ostream* os) {
  *os << c.name;
}

class ManifestFact : public testing::TestWithParam<FactCase> {};

TEST_P(ManifestFact, DependsOnTheManifests) {
  const auto manifests = read(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: team}\n---\n"
      "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n");
  ASSERT_TRUE(manifests);
  const spec::Fact fact = (*manifests)->fact(GetParam().key);
  EXPECT_EQ(fact.state, GetParam().state);
  EXPECT_EQ(fact.object != nullptr, fact.state == spec::Fact::State::kPresent);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, ManifestFact,
    testing::Values(
        FactCase{"Given", {"Secret", "team", "b"}, spec::Fact::State::kPresent},
        FactCase{"GivenWithoutANamespace", {"ServiceAccount", "default", "a"}, spec::Fact::State::kPresent},
        FactCase{"BeforeOthers", {"Secret", "team", "a"}, spec::Fact::State::kAbsent},
        FactCase{"AfterOthers", {"Secret", "team", "c"}, spec::Fact::State::kAbsent},
        FactCase{"InANamespaceWithoutAny", {"Secret", "default", "b"}, spec::Fact::State::kUnknown},
        FactCase{"InTheLastNamespace", {"ServiceAccount", "team", "a"}, spec::Fact::State::kUnknown},
        FactCase{"OfAnotherKind", {"ConfigMap", "team", "b"}, spec::Fact::State::kUnknown},
        FactCase{"StorageContainer", {"ClusterStorageContainer", "", "x"}, spec::Fact::State::kUnknown},
        FactCase{"Runtime", {"ServingRuntime", "team", "x"}, spec::Fact::State::kUnknown},
        FactCase{"AllStorageContainers", {"ClusterStorageContainer", "", ""}, spec::Fact::State::kPresent}),
    [](const auto& info) { return info.param.name; });

TEST(Manifests, WithAStorageContainerHaveAllOfThem) {
  const auto manifests = read(
      "apiVersion: serving.kserve.io/v1alpha1\nkind: ClusterStorageContainer\nmetadata: {name: a}\nspec: {}\n");
  ASSERT_TRUE(manifests);
  EXPECT_EQ((*manifests)->fact({"ClusterStorageContainer", "", "x"}).state, spec::Fact::State::kAbsent);
}

TEST(Manifests, BuiltInAndPendingObjectsSayNothingAboutOthers) {
  ManifestReader reader;
  reader.add_builtin();
  spec::Arena arena;
  const auto objects = read_objects("a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", arena);
  ASSERT_TRUE(objects);
  reader.add_pending(objects->front(), "team");
  const auto manifests = reader.finish(1);
  ASSERT_TRUE(manifests);
  EXPECT_EQ((*manifests)->fact({"Secret", "team", "a"}).state, spec::Fact::State::kPresent);
  EXPECT_EQ((*manifests)->fact({"Secret", "team", "b"}).state, spec::Fact::State::kUnknown);
  EXPECT_EQ((*manifests)->fact({"ClusterStorageContainer", "", "x"}).state, spec::Fact::State::kUnknown);
}

TEST(Manifests, PutNamespacedRuntimesWithoutANamespaceIntoDefault) {
  std::string text = runtime("mine", "x");
  text.replace(text.find("ClusterServingRuntime"), 21, "ServingRuntime");
  const auto manifests = read(text);
  ASSERT_TRUE(manifests);
  EXPECT_NE((*manifests)->catalog->find_namespace_runtime("default", "mine"), nullptr);
}

TEST(Manifests, SplitLists) {
  const auto manifests = read(
      "apiVersion: v1\nkind: List\nitems:\n"
      "- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n"
      "- apiVersion: v1\n  kind: Secret\n  metadata: {name: b}\n");
  ASSERT_TRUE(manifests);
  EXPECT_EQ((*manifests)->objects.size(), 2U);
}

struct ErrorCase {
  const char* name;
  std::string text;
  std::vector<int> lines;  // one per error
};
void PrintTo(const ErrorCase& c, std::ostream* os) {
  *os << c.name;
}

class ManifestErrors : public testing::TestWithParam<ErrorCase> {};

TEST_P(ManifestErrors, NameFileAndLine) {
  const auto manifests = read(GetParam().text);
  ASSERT_FALSE(manifests);
  std::vector<int> lines;
  for (const ManifestError& error : manifests.error()) {
    EXPECT_EQ(error.file, "file.yaml");
    lines.push_back(error.line);
  }
  EXPECT_EQ(lines, GetParam().lines) << manifests.error().front().to_string();
}

const std::string kConfigMap =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\ndata:\n";

INSTANTIATE_TEST_SUITE_P(
    Errors, ManifestErrors,
    testing::Values(
        ErrorCase{"NotYaml", "a: [\n", {2}}, ErrorCase{"NoObject", "- a\n", {1}},
        ErrorCase{"NoKind", "a: 1\n\n---\napiVersion: v1\n", {1, 1, 4}},
        ErrorCase{"KindIsNoString", "apiVersion: v1\nkind: 5\n", {2}},
        ErrorCase{"NoName", "apiVersion: v1\nkind: Secret\nmetadata:\n  labels: {}\n", {3}},
        ErrorCase{"ItemsAreNoList", "apiVersion: v1\nkind: List\nitems: 5\n", {3}},
        ErrorCase{"ListInAList",
                  "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List, items: []}\n",
                  {4}},
        ErrorCase{"WrongTypes", runtime("a", "x", "  multiModel: maybe\n  hostIPC: 5\n"), {7, 8}},
        ErrorCase{"WrongTypeInAList",
                  "apiVersion: v1\nkind: List\nitems:\n- apiVersion: serving.kserve.io/v1alpha1\n  kind: "
                  "ServingRuntime\n  metadata: {name: a}\n  spec:\n    disabled: 'yes'\n",
                  {8}},
        ErrorCase{"Configuration",
                  kConfigMap + "  deploy: |\n    {\"defaultDeploymentMode\": \"No\"}\n  ingress: '{'\n",
                  {5, 7}}),
    [](const auto& info) { return info.param.name; });

TEST(Manifests, WarnOfUnknownFields) {
  const auto manifests = read(runtime("a", "x", "  multModel: true\n"));
  ASSERT_TRUE(manifests);
  ASSERT_EQ((*manifests)->warnings.size(), 1U);
  EXPECT_EQ((*manifests)->warnings[0].line, 7);
  EXPECT_THAT((*manifests)->warnings[0].message, HasSubstr("multiModel"));
}

TEST(ManifestFiles, AreNotThoseOfSubdirectories) {
  const Directory directory;
  for (const char* name : {"b.yml", "a.yaml", "c.json", ".hidden.yaml", "notes.txt"})
    directory.write(name, "");
  fs::create_directory(directory.path() / "more.yaml");
  const auto files = manifest_files(directory.path());
  ASSERT_TRUE(files);
  std::vector<std::string> names;
  for (const fs::path& file : *files) names.push_back(file.filename());
  EXPECT_THAT(names, testing::ElementsAre("a.yaml", "b.yml", "c.json"));
}

TEST(ManifestFiles, ThatDoNotExist) {
  ManifestReader reader;
  reader.add_path("/nowhere/at/all");
  const auto manifests = reader.finish(1);
  ASSERT_FALSE(manifests);
  EXPECT_EQ(manifests.error().front().file, "/nowhere/at/all");
}

TEST(Watcher, ReadsChangedFilesAndReportsErrorsOnce) {
  const Directory directory;
  directory.write("a.yaml", runtime("one", "x"));
  ManifestWatcher watcher(directory.path());
  auto read = watcher.poll();
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((**read)->catalog->generation(), 1U);
  EXPECT_FALSE(watcher.poll()) << "nothing changed";

  directory.write("b.yaml", "a: [");
  read = watcher.poll();
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read) << "one bad file refuses them all";
  EXPECT_FALSE(watcher.poll()) << "reported once";

  directory.write("b.yaml", runtime("two", "x"));
  read = watcher.poll();
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((**read)->catalog->generation(), 2U);
  EXPECT_EQ((**read)->catalog->cluster_runtimes().size(), 2U);

  directory.remove("a.yaml");
  read = watcher.poll();
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((**read)->catalog->find_cluster_runtime("one"), nullptr);
}

TEST(Watcher, ReadsTheBuiltInManifestsOnce) {
  ManifestWatcher watcher{fs::path()};
  const auto read = watcher.poll();
  ASSERT_TRUE(read && *read);
  EXPECT_FALSE(watcher.poll());
}

}  // namespace
}  // namespace modelgate::kube
