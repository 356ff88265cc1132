// SPDX-License-Identifier: Apache-2.0
//
// How a storage URI is shown. Which of them are fine is in storage_cases.cc.
#include "validation/storage_uri.h"

#include <gtest/gtest.h>

namespace modelgate::validation {
namespace {

struct Shown {
  const char* name;
  const char* uri;
  const char* as;
};

void PrintTo(const Shown& s, std::ostream* out) {
  *out << s.uri;
}

class ShownUriTest : public testing::TestWithParam<Shown> {};

TEST_P(ShownUriTest, KeepsSecretsToItself) {
  EXPECT_EQ(shown_uri(GetParam().uri), GetParam().as);
}

INSTANTIATE_TEST_SUITE_P(
    Uris, ShownUriTest,
    testing::Values(
        Shown{"Plain", "s3://models/iris", R"("s3://models/iris")"},
        Shown{"Path", "/mnt/models", R"("/mnt/models")"},
        Shown{"Revision", "hf://org/model@main", R"("hf://org/model@main")"},
        Shown{"Password", "https://me:secret@example.com/m", R"("https://...@example.com/m")"},
        Shown{"PasswordWithAnAt", "https://me:s@cret@example.com/m", R"("https://...@example.com/m")"},
        Shown{"PasswordWithoutAPath", "http://me:secret@example.com", R"("http://...@example.com")"},
        Shown{"PasswordOfAnotherScheme", "ftp://me:secret@example.com/m", R"("ftp://...@example.com/m")"},
        Shown{"Signature", "https://a.blob.core.windows.net/c/m?sig=secret",
              R"("https://a.blob.core.windows.net/c/m?...")"},
        Shown{"AtInThePath", "https://example.com/a@b", R"("https://example.com/a@b")"}),
    [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace modelgate::validation
