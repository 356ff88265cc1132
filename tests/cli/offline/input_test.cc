// SPDX-License-Identifier: Apache-2.0
//
// Which files an offline command reads, in which order, and the errors of those that it cannot read.
#include "cli/offline/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "spec/view.h"

namespace modelgate::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string object(std::string_view name) {
  return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + std::string(name) + "}\n";
}

class InputTest : public testing::Test {
 protected:
  InputTest() {
    std::string name = (fs::temp_directory_path() / "modelgate-input-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~InputTest() override { fs::remove_all(folder_); }

  std::string write(const std::string& path, const std::string& text) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << text;
    return (folder_ / path).string();
  }
  std::string write_object(const std::string& path) {
    return write(path, object(fs::path(path).stem().string()));
  }

  static auto read(std::vector<std::string> files, bool recursive = false) {
    return read_input({.files = std::move(files), .recursive = recursive, .manifests = {}, .config = {}});
  }

  /// The names of the objects, or the errors.
  static std::vector<std::string> names(std::vector<std::string> files, bool recursive = false) {
    std::vector<std::string> out;
    const auto input = read(std::move(files), recursive);
    if (!input) {
      for (const kube::ManifestError& e : input.error()) out.push_back(e.to_string());
      return out;
    }
    for (const kube::ManifestObject& o : input->objects)
      out.emplace_back(spec::ObjectView(o.value).object("metadata").string("name"));
    return out;
  }

  fs::path folder_;
};

TEST_F(InputTest, ADirectoryIsReadAsByKubectl) {
  for (const char* path : {"c.yaml", "a.yml", "b.json.txt", "b.txt", "sub/x.yaml", "sub/y.json.yaml",
                           ".hidden.yaml", "b/z.yaml", "b.yaml"}) {
    write_object(path);
  }
  write("d.json", R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "d"}})");
  EXPECT_THAT(names({folder_.string()}), ElementsAre(".hidden", "a", "b", "c", "d"));
  EXPECT_THAT(names({folder_.string()}, true),
              ElementsAre(".hidden", "a", "z", "b", "c", "d", "x", "y.json"));
}

TEST_F(InputTest, PathsAreReadInTheirOrder) {
  write_object("sub/x.yaml");
  const std::string b = write_object("b.txt");
  EXPECT_THAT(names({b, (folder_ / "sub").string(), b}), ElementsAre("b", "x", "b"));
}

TEST_F(InputTest, LinksToFilesAreFollowedAndLinksToDirectoriesOnlyIfNamed) {
  write_object("real/x.yaml");
  fs::create_directory(folder_ / "f");
  fs::create_symlink(folder_ / "real" / "x.yaml", folder_ / "f" / "link.yaml");
  fs::create_directory_symlink(folder_ / "real", folder_ / "f" / "dir");
  fs::create_directory_symlink(folder_ / "f", folder_ / "f" / "loop");
  EXPECT_THAT(names({(folder_ / "f").string()}, true), ElementsAre("x"));
  EXPECT_THAT(names({(folder_ / "f" / "dir").string()}), ElementsAre("x"));
}

struct Unreadable {
  const char* name;
  const char* path;
  std::string text;
  const char* error;
};
void PrintTo(const Unreadable& c, std::ostream* os) {
  *os << c.name;
}

class UnreadableTest : public InputTest, public testing::WithParamInterface<Unreadable> {};

TEST_P(UnreadableTest, HasAClearError) {
  const std::string path = write(GetParam().path, GetParam().text);
  EXPECT_THAT(names({path}), ElementsAre(HasSubstr(GetParam().error)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, UnreadableTest,
    testing::Values(
        Unreadable{"NoKind", "a.yaml", "apiVersion: v1\nmetadata: {name: a}\n", "kind is missing"},
        Unreadable{"NoVersion", "a.yaml", "kind: Pod\n", "apiVersion is missing"},
        Unreadable{"KindIsANumber", "a.yaml", "apiVersion: v1\nkind: 5\n", "kind is missing"},
        Unreadable{"NotAnObject", "a.yaml", "- a\n", "must be an object"},
        Unreadable{"Text", "a.yaml", "hello\n", "must be an object"},
        Unreadable{"Binary", "a.yaml",
                   std::string("\x7f"
                               "ELF\x02\x01\x01\0\0\0",
                               10),
                   "a.yaml"},
        Unreadable{"NotUtf8", "a.yaml", "kind: \xff\xfe\n", "UTF-8"},
        Unreadable{"ItemsAreNoList", "a.yaml", "apiVersion: v1\nkind: List\nitems: 5\n", "items must be"},
        Unreadable{"Kustomization", "kustomization.yaml", "resources: [a.yaml]\n", "kubectl kustomize"}),
    [](const auto& info) { return info.param.name; });

TEST_F(InputTest, AllErrorsOfAllFilesAreReported) {
  const std::string a = write("a.yaml", "apiVersion: v1\n---\nkind: Pod\n---\n" + object("ok"));
  EXPECT_THAT(names({a, (folder_ / "missing.yaml").string(), "https://example.com/a.yaml"}), SizeIs(4));
}

TEST_F(InputTest, AMissingPathAnEmptyDirectoryAndAnInvalidNamespaceAreErrors) {
  EXPECT_THAT(names({(folder_ / "x.yaml").string()}), ElementsAre(HasSubstr("no such file or directory")));
  fs::create_directories(folder_ / "empty" / "sub");
  EXPECT_THAT(names({(folder_ / "empty").string()}), ElementsAre(HasSubstr("-R")));
  const std::string a = write_object("a.yaml");
  const auto input = read_input({.files = {a}, .manifests = {}, .config = {}, .namespace_ = "Team"});
  ASSERT_FALSE(input);
  EXPECT_THAT(input.error().front().to_string(), HasSubstr("--namespace"));
}

TEST_F(InputTest, AConfigurationFileWithoutTheConfigMapIsAnError) {
  const std::string a = write_object("a.yaml");
  const auto input = read_input({.files = {a}, .manifests = {}, .config = a});
  ASSERT_FALSE(input);
  EXPECT_THAT(input.error().front().to_string(), HasSubstr("inferenceservice-config"));
}

TEST_F(InputTest, EmptyDocumentsAreNoObjects) {
  EXPECT_THAT(names({write("a.yaml", "---\n# nothing\n---\n" + object("a") + "---\n")}), ElementsAre("a"));
  EXPECT_THAT(names({write("b.yaml", "")}), ElementsAre());
}

TEST_F(InputTest, ItemsOfAListGetItsKind) {
  const std::string a = write("a.yaml", "apiVersion: v1\nkind: SecretList\nitems: [{metadata: {name: a}}]\n");
  const auto input = read({a});
  ASSERT_TRUE(input);
  EXPECT_EQ(spec::ObjectView(input->objects.at(0).value).string("kind"), "Secret");
  EXPECT_THAT(names({write("b.yaml", "apiVersion: v1\nkind: List\nitems: [{metadata: {name: a}}]\n")}),
              ElementsAre(HasSubstr("apiVersion"), HasSubstr("kind")));
}

}  // namespace
}  // namespace modelgate::cli
