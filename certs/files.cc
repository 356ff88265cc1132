// SPDX-License-Identifier: Apache-2.0
#include "certs/files.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace modelgate::certs {
namespace {

using Kind = CertificateError::Kind;

std::unexpected<CertificateError> fail(Kind kind, std::string text) {
  return std::unexpected(CertificateError{kind, std::move(text)});
}

std::unexpected<CertificateError> fail_errno(const std::filesystem::path& path) {
  const int code = errno;
  return fail(Kind::kUnreadable, path.string() + ": " + std::strerror(code));
}

// The fields of stat(2) that change when the file changes.
struct FileMark {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified = 0;  // ns since the epoch
  std::int64_t changed = 0;   // ns since the epoch

  bool operator==(const FileMark&) const = default;
};

std::int64_t to_ns(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Result<FileMark> mark(const std::filesystem::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return fail_errno(path);
  return FileMark{info.st_dev, info.st_ino, info.st_size, to_ns(info.st_mtim), to_ns(info.st_ctim)};
}

struct PairMark {
  FileMark certificate;
  FileMark key;

  bool operator==(const PairMark&) const = default;
};

// A file's text. The destructor wipes it, since it may be a key.
class FileText {
 public:
  explicit FileText(std::string text) : text_(std::move(text)) {}
  FileText(FileText&&) = default;
  FileText& operator=(FileText&&) = delete;
  ~FileText() { OPENSSL_cleanse(text_.data(), text_.size()); }

  const std::string& get() const { return text_; }

 private:
  std::string text_;
};

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}  // do not block on a FIFO
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    const int code = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    errno = code;
  }

  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<FileText> read_file(const std::filesystem::path& path) {
  const File file(path);
  struct stat info{};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) return fail_errno(path);
  if (info.st_size > static_cast<off_t>(kMaxPemBytes)) {
    return fail(Kind::kTooLarge, path.string() + " is larger than 1 MiB");
  }
  // Allocated once: a growing string would leave parts of a key in freed memory. A file that grows during the
  // read is truncated here, and the second stat detects it.
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t size = 0;
  ssize_t count = 1;
  while (count > 0 && size < text.size()) {
    count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count > 0) size += static_cast<std::size_t>(count);
  }
  if (count < 0) return fail_errno(path);
  text.resize(size);
  return FileText(std::move(text));
}

using Digest = std::array<unsigned char, 32>;

std::optional<Digest> digest(const std::string& certificate, const std::string& key) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Digest result{};
  const std::size_t length = certificate.size();
  const bool made = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), &length, sizeof(length)) == 1 &&
                    EVP_DigestUpdate(context.get(), certificate.data(), certificate.size()) == 1 &&
                    EVP_DigestUpdate(context.get(), key.data(), key.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), result.data(), nullptr) == 1;
  return made ? std::optional(result) : std::nullopt;
}

class FileSource final : public CertificateSource {
 public:
  explicit FileSource(const FileNames& names)
      : certificate_path_(names.directory / names.certificate), key_path_(names.directory / names.key) {}

  std::shared_ptr<const KeyPair> current() const override { return pair_; }
  std::string ca_bundle_pem() const override { return {}; }
  SourceCounts counts() const override { return counts_; }

  Result<Poll> poll(TimePoint now) override {
    const auto before = mark_pair();
    if (!before) return refuse_unreadable(before.error());
    if (settled_ == *before && now < retry_at_) return Poll::kUnchanged;
    auto certificate = read_file(certificate_path_);
    if (!certificate) return refuse_unreadable(certificate.error());
    auto key = read_file(key_path_);
    if (!key) return refuse_unreadable(key.error());
    const auto after = mark_pair();
    if (!after || *after != *before) return Poll::kUnchanged;  // being replaced: the next poll reads it
    unreadable_.clear();
    settled_ = is_racy(*before, now) ? std::nullopt : std::optional(*before);
    const auto seen = digest(certificate->get(), key->get());
    if (seen && seen == seen_ && now < retry_at_) return Poll::kUnchanged;
    seen_ = seen;
    return take(certificate->get(), key->get(), now);
  }

 private:
  Result<PairMark> mark_pair() const {
    const auto certificate = mark(certificate_path_);
    if (!certificate) return std::unexpected(certificate.error());
    const auto key = mark(key_path_);
    if (!key) return std::unexpected(key.error());
    return PairMark{*certificate, *key};
  }

  static bool is_racy(const PairMark& pair, TimePoint now) {
    const auto newest = std::max(pair.certificate.modified, pair.key.modified);
    const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    return newest > now_ns - std::chrono::nanoseconds(kRacyAge).count();
  }

  Result<Poll> take(const std::string& certificate, const std::string& key, TimePoint now) {
    ++counts_.reads;
    retry_at_ = TimePoint::max();
    auto pair = KeyPair::from_pem(certificate, key);
    if (!pair) return refuse(pair.error());
    if (auto usable = (*pair)->check_dates(now); !usable) {
      if (usable.error().kind == Kind::kNotYetValid) retry_at_ = (*pair)->not_before();
      return refuse(usable.error());
    }
    pair_ = std::move(*pair);
    return Poll::kReplaced;
  }

  Result<Poll> refuse(const CertificateError& error) {
    ++counts_.errors;
    return fail(error.kind,
                certificate_path_.string() + " and " + key_path_.filename().string() + ": " + error.text);
  }

  // A missing file has no digest: the error text shows whether it was reported before.
  Result<Poll> refuse_unreadable(const CertificateError& error) {
    settled_.reset();
    if (unreadable_ == error.text) return Poll::kUnchanged;
    unreadable_ = error.text;
    ++counts_.reads;
    ++counts_.errors;
    return std::unexpected(error);
  }

  std::filesystem::path certificate_path_;
  std::filesystem::path key_path_;
  std::shared_ptr<const KeyPair> pair_;
  std::optional<PairMark> settled_;        // stat of the last content, once it is older than kRacyAge
  std::optional<Digest> seen_;             // of the last content, valid or not
  TimePoint retry_at_ = TimePoint::max();  // when a pair that was not yet valid becomes valid
  std::string unreadable_;                 // the last reported read error
  SourceCounts counts_;
};

}  // namespace

Result<std::unique_ptr<CertificateSource>> open_file_source(const FileNames& names, TimePoint now) {
  // Try again if the pair is being replaced; a few attempts take longer than a rename.
  constexpr int kTries = 10;
  auto source = std::make_unique<FileSource>(names);
  for (int i = 0; i < kTries && source->current() == nullptr; ++i) {
    if (auto seen = source->poll(now); !seen) return std::unexpected(seen.error());
  }
  if (source->current() == nullptr)
    return fail(Kind::kUnreadable, names.directory.string() + " keeps changing");
  return source;
}

}  // namespace modelgate::certs
