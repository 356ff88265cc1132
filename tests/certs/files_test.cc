// SPDX-License-Identifier: Apache-2.0
#include "certs/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

#include "certs/authority.h"

namespace modelgate::certs {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Kind = CertificateError::Kind;

TimePoint now() {
  return std::chrono::system_clock::now();
}

std::shared_ptr<const KeyPair> new_pair(std::chrono::seconds lifetime = 24h, TimePoint when = now()) {
  static const Authority kCa = *Authority::make(
      {.lifetime = std::chrono::hours(24 * 365), .now = now() - std::chrono::hours(24 * 30)});
  return *kCa.sign({.dns_names = {"localhost"}, .lifetime = lifetime, .now = when});
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = (fs::temp_directory_path() / "certs-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~Files() override { fs::remove_all(directory_); }

  void write_pair(const KeyPair& pair) const {
    write(directory_ / "tls.crt", pair.chain_pem());
    write(directory_ / "tls.key", pair.key_pem());
  }

  std::unique_ptr<CertificateSource> open() const {
    auto source = open_file_source({.directory = directory_}, now());
    EXPECT_TRUE(source.has_value()) << source.error().text;
    return std::move(*source);
  }

  fs::path directory_;
};

TEST_F(Files, OverwrittenPairIsTaken) {
  const auto first = new_pair();
  const auto second = new_pair();
  write_pair(*first);
  const auto source = open();
  EXPECT_EQ(source->current()->fingerprint(), first->fingerprint());
  EXPECT_EQ(source->poll(now()), Poll::kUnchanged);

  write_pair(*second);
  EXPECT_EQ(source->poll(now()), Poll::kReplaced);
  EXPECT_EQ(source->current()->fingerprint(), second->fingerprint());
  EXPECT_EQ(source->counts().reads, 2U);
  EXPECT_EQ(source->counts().errors, 0U);
}

TEST_F(Files, PartlyWrittenPairIsRejectedOnceAndTheCompleteOneUsed) {
  const auto first = new_pair();
  const auto second = new_pair();
  write_pair(*first);
  const auto source = open();

  write(directory_ / "tls.crt", second->chain_pem());
  const auto half = source->poll(now());
  ASSERT_FALSE(half.has_value());
  EXPECT_EQ(half.error().kind, Kind::kMismatch);
  EXPECT_EQ(source->current()->fingerprint(), first->fingerprint());
  EXPECT_EQ(source->poll(now()), Poll::kUnchanged);  // the same error is not reported again
  EXPECT_EQ(source->counts().errors, 1U);

  write(directory_ / "tls.key", second->key_pem());
  EXPECT_EQ(source->poll(now()), Poll::kReplaced);
  EXPECT_EQ(source->current()->fingerprint(), second->fingerprint());
}

// As the kubelet does: a new directory, a new link next to the old one, one rename.
TEST_F(Files, SymlinkSwapIsTaken) {
  const auto swap_in = [&](const char* version, const KeyPair& pair) {
    fs::create_directory(directory_ / version);
    write(directory_ / version / "tls.crt", pair.chain_pem());
    write(directory_ / version / "tls.key", pair.key_pem());
    fs::create_directory_symlink(version, directory_ / "..data_tmp");
    fs::rename(directory_ / "..data_tmp", directory_ / "..data");
  };
  const auto first = new_pair();
  const auto second = new_pair();
  swap_in("..v1", *first);
  fs::create_symlink("..data/tls.crt", directory_ / "tls.crt");
  fs::create_symlink("..data/tls.key", directory_ / "tls.key");
  const auto source = open();
  EXPECT_EQ(source->current()->fingerprint(), first->fingerprint());

  swap_in("..v2", *second);
  fs::remove_all(directory_ / "..v1");
  EXPECT_EQ(source->poll(now()), Poll::kReplaced);
  EXPECT_EQ(source->current()->fingerprint(), second->fingerprint());
}

TEST_F(Files, TouchingHasNoEffect) {
  const auto first = new_pair();
  write_pair(*first);
  const auto source = open();
  fs::last_write_time(directory_ / "tls.crt", fs::file_time_type::clock::now() + 5s);
  EXPECT_EQ(source->poll(now()), Poll::kUnchanged);
  EXPECT_EQ(source->counts().reads, 1U);
}

// Same size, same inode, and mtime set back by hand: only reading the young file again finds it.
TEST_F(Files, SecondWriteWithinOneTickIsFound) {
  const auto first = new_pair();
  write_pair(*first);
  const auto source = open();
  struct stat before{};
  ASSERT_EQ(::stat((directory_ / "tls.key").c_str(), &before), 0);
  std::string broken = first->key_pem();
  broken[broken.size() / 2] = '*';
  write(directory_ / "tls.key", broken);
  const timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, (directory_ / "tls.key").c_str(), times, 0), 0);
  EXPECT_FALSE(source->poll(now()).has_value());
}

TEST_F(Files, MissingFileIsReportedOnceAndReadAgainWhenItReturns) {
  const auto first = new_pair();
  const auto second = new_pair();
  write_pair(*first);
  const auto source = open();
  fs::remove(directory_ / "tls.key");
  const auto gone = source->poll(now());
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().kind, Kind::kUnreadable);
  EXPECT_EQ(source->poll(now()), Poll::kUnchanged);
  EXPECT_EQ(source->current()->fingerprint(), first->fingerprint());
  write_pair(*second);
  EXPECT_EQ(source->poll(now()), Poll::kReplaced);
}

TEST_F(Files, ExpiredPairIsRejectedAndTheLastGoodOneUsed) {
  const auto first = new_pair();
  write_pair(*first);
  const auto source = open();
  write_pair(*new_pair(1h, now() - 2h));
  const auto seen = source->poll(now());
  ASSERT_FALSE(seen.has_value());
  EXPECT_EQ(seen.error().kind, Kind::kExpired);
  EXPECT_EQ(source->current()->fingerprint(), first->fingerprint());
}

TEST_F(Files, PairThatIsNotYetValidIsUsedLater) {
  write_pair(*new_pair());
  const auto source = open();
  const auto tomorrow = new_pair(48h, now() + 12h);
  write_pair(*tomorrow);
  const auto seen = source->poll(now());
  ASSERT_FALSE(seen.has_value());
  EXPECT_EQ(seen.error().kind, Kind::kNotYetValid);
  EXPECT_EQ(source->poll(now() + 1h), Poll::kUnchanged);
  EXPECT_EQ(source->poll(now() + 12h), Poll::kReplaced);
  EXPECT_EQ(source->current()->fingerprint(), tomorrow->fingerprint());
}

TEST_F(Files, OtherFileNames) {
  const auto pair = new_pair();
  write(directory_ / "server.pem", pair->chain_pem());
  write(directory_ / "server-key.pem", pair->key_pem());
  const auto source = open_file_source(
      {.directory = directory_, .certificate = "server.pem", .key = "server-key.pem"}, now());
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((*source)->current()->fingerprint(), pair->fingerprint());
}

struct StartCase {
  const char* name;
  void (*arrange)(const fs::path& directory);
  Kind kind;
};

class BadStart : public Files, public testing::WithParamInterface<StartCase> {};

TEST_P(BadStart, IsRejected) {
  GetParam().arrange(directory_);
  const auto source = open_file_source({.directory = directory_}, now());
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().kind, GetParam().kind) << source.error().text;
  EXPECT_NE(source.error().text.find(directory_.string()), std::string::npos) << source.error().text;
}

INSTANTIATE_TEST_SUITE_P(Table, BadStart,
                         testing::Values(StartCase{"NoFiles", [](const fs::path&) {}, Kind::kUnreadable},
                                         StartCase{"EmptyFiles",
                                                   [](const fs::path& directory) {
                                                     write(directory / "tls.crt", "");
                                                     write(directory / "tls.key", "");
                                                   },
                                                   Kind::kMalformed},
                                         StartCase{"DirectoryInsteadOfFile",
                                                   [](const fs::path& directory) {
                                                     fs::create_directory(directory / "tls.crt");
                                                     write(directory / "tls.key", "");
                                                   },
                                                   Kind::kUnreadable},
                                         StartCase{"PipeDoesNotHang",
                                                   [](const fs::path& directory) {
                                                     ::mkfifo((directory / "tls.crt").c_str(), 0600);
                                                     write(directory / "tls.key", new_pair()->key_pem());
                                                   },
                                                   Kind::kMalformed},
                                         StartCase{"Huge",
                                                   [](const fs::path& directory) {
                                                     write(directory / "tls.crt",
                                                           std::string(kMaxPemBytes + 1, '\n'));
                                                     write(directory / "tls.key", new_pair()->key_pem());
                                                   },
                                                   Kind::kTooLarge},
                                         StartCase{"Mismatch",
                                                   [](const fs::path& directory) {
                                                     write(directory / "tls.crt", new_pair()->chain_pem());
                                                     write(directory / "tls.key", new_pair()->key_pem());
                                                   },
                                                   Kind::kMismatch}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::certs
