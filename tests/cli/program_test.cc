// SPDX-License-Identifier: Apache-2.0
//
// The program itself: its flags and its exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace modelgate::cli {
namespace {

struct Outcome {
  int code;
  std::string out;  // both outputs
};

Outcome run(const std::string& arguments) {
  FILE* pipe = ::popen((std::string(MODELGATE_PROGRAM) + " " + arguments + " 2>&1").c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer;
  for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.append(buffer.data(), n);
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, out};
}

const std::string kExamples = MODELGATE_SOURCE_DIR "/deploy/examples/";

struct Case {
  const char* name;
  std::string arguments;
  int code;
  const char* holds;
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class Program : public testing::TestWithParam<Case> {};

TEST_P(Program, Exits) {
  const Outcome outcome = run(GetParam().arguments);
  EXPECT_EQ(outcome.code, GetParam().code) << outcome.out;
  EXPECT_THAT(outcome.out, testing::HasSubstr(GetParam().holds));
}

INSTANTIATE_TEST_SUITE_P(
    Calls, Program,
    testing::Values(Case{"Version", "version", 0, "modelgate 0."},
                    Case{"VersionFlag", "--version", 0, "modelgate 0."}, Case{"Help", "--help", 0, "explain"},
                    Case{"HelpOfReview", "review --help", 0, "1  an object would be denied"},
                    Case{"HelpOfExplain", "explain --help", 0, "1  an InferenceService gets no runtime"},
                    Case{"HelpOfDoctor", "doctor --help", 0, "1  warnings: "},
                    Case{"NoCommand", "", 2, "subcommand"},
                    Case{"UnknownFlag", "review --nope x", 2, "--nope"}, Case{"NoFile", "review", 2, "FILE"},
                    Case{"UnknownFormat", "review -o xml x", 2, "xml"},
                    Case{"Directory", "review " + kExamples, 1, "broken.yaml:"},
                    Case{"DirectoryAsForKubectl", "review -f " + kExamples + " -R", 1, "broken.yaml:"},
                    Case{"DirectoryToExplain", "explain -R " + kExamples, 1, "selected"},
                    Case{"MissingFile", "review /nowhere.yaml", 2, "/nowhere.yaml"},
                    Case{"Allowed", "review " + kExamples + "sklearn.yaml", 0, "kserve-sklearnserver"},
                    Case{"Rendered", "review --render " + kExamples + "sklearn.yaml", 0, "kind: Deployment"},
                    Case{"Denied", "review " + kExamples + "broken.yaml", 1, "broken.yaml:11: "},
                    Case{"StandardInput", "review - -o json <" + kExamples + "sklearn.yaml", 0,
                         "\"kserve-sklearnserver\""},
                    Case{"ColorFlag", "review -o diff --color always " + kExamples + "sklearn.yaml", 0,
                         "\x1b[32m+"},
                    Case{"Explain", "explain " + kExamples + "sklearn.yaml", 0, "selected"},
                    Case{"ExplainNothing", "explain " + kExamples + "broken.yaml", 1, "sklearn"}),
    [](const auto& info) { return info.param.name; });

TEST(Program, IsPlainInAPipe) {
  EXPECT_THAT(run("review -o diff " + kExamples + "sklearn.yaml").out,
              testing::Not(testing::HasSubstr("\x1b")));
}

}  // namespace
}  // namespace modelgate::cli
