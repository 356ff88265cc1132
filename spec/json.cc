// SPDX-License-Identifier: Apache-2.0
//
// RapidJSON's reader passes its events to the handler below, which applies the rules of spec/json.h and
// passes the rest to RapidJSON's document. The reader recurses, which takes a tenth less time than its
// iterative mode, but not deeper than the handler allows: JsonLimits::max_depth. Numbers arrive as text, so
// the reader only scans them: CVE-2024-38517 and CVE-2024-39684 are in its arithmetic for doubles.
#include "spec/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "spec/json_scan.h"
#include "spec/text/ascii.h"
#include "spec/text/utf8.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wconversion"
#pragma clang diagnostic ignored "-Wshadow"
#pragma clang diagnostic ignored "-Wpedantic"
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#pragma clang diagnostic pop

namespace modelgate::spec {
namespace {

using rapidjson::SizeType;
using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, Arena>;

constexpr unsigned kReaderFlags = rapidjson::kParseNumbersAsStringsFlag;
using JsonReader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, rapidjson::CrtAllocator>;

/// The text as RapidJSON's stream. It need not end with a NUL: at the end, Peek() returns one.
class TextStream {
 public:
  using Ch = char;
  explicit TextStream(std::string_view text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}
  Ch Peek() const { return at_ == end_ ? '\0' : *at_; }
  Ch Take() {
    if (at_ == end_) return '\0';
    const Ch c = *at_++;
    if (at_ == end_ && resume_) leave_placeholder();
    return c;
  }
  std::size_t Tell() const { return static_cast<std::size_t>((resume_ ? resume_ : at_) - begin_); }

  /// Takes the plain characters of a string: up to a quote, a backslash, a control character or the end.
  std::string_view take_plain() {
    const char* from = at_;
    at_ += plain_length({at_, end_});
    return {from, at_};
  }

  /// Takes a string with its second quote and returns its characters, which are in the text. Takes nothing if
  /// one of them is not plain.
  std::optional<std::string_view> take_plain_string() {
    const std::string_view plain(at_, plain_length({at_, end_}));
    const char* quote = plain.data() + plain.size();
    if (quote == end_ || *quote != '"') return std::nullopt;
    at_ = quote;
    Take();
    return plain;
  }

  enum class Skipped { kNested, kScalar, kUnbalanced, kTooDeep };

  /// Called after a key: skips its value if that is an object or a list, and returns its text. Checks only
  /// brackets and quotes, which takes a fraction of the time of reading. The reader finds an empty string
  /// instead of the value. A scalar is left to the reader.
  Skipped skip_nested(std::size_t max_depth, std::string_view& text) {
    const char* p = skip_blanks(at_);
    if (p == end_ || *p != ':') return Skipped::kScalar;  // the reader reports the error
    p = skip_blanks(p + 1);
    if (p == end_ || (*p != '{' && *p != '[')) return Skipped::kScalar;
    const char* from = p;
    boost::container::small_vector<char, 64> closing;
    do {
      if (p == end_) return Skipped::kUnbalanced;
      switch (const char c = *p++) {
        case '"':
          p = after_string(p, end_);
          if (!p) return Skipped::kUnbalanced;
          break;
        case '{':
        case '[':
          if (closing.size() == max_depth) return Skipped::kTooDeep;
          closing.push_back(c == '{' ? '}' : ']');
          break;
        case '}':
        case ']':
          if (closing.back() != c) return Skipped::kUnbalanced;
          closing.pop_back();
          break;
        default:
          break;
      }
    } while (!closing.empty());
    text = {from, p};
    static constexpr std::string_view kPlaceholder = ":\"\"";
    resume_ = p;
    resume_end_ = end_;
    at_ = kPlaceholder.data();
    end_ = at_ + kPlaceholder.size();
    return Skipped::kNested;
  }

  // For writing in RapidJSON's stream concept; not called for a read-only stream.
  Ch* PutBegin() { rapidjson_assertion_failed("TextStream is read-only"); }
  void Put(Ch) { rapidjson_assertion_failed("TextStream is read-only"); }
  void Flush() { rapidjson_assertion_failed("TextStream is read-only"); }
  std::size_t PutEnd(Ch*) { rapidjson_assertion_failed("TextStream is read-only"); }

 private:
  const char* skip_blanks(const char* p) const {
    while (p != end_ && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
    return p;
  }

  void leave_placeholder() {
    at_ = resume_;
    end_ = resume_end_;
    resume_ = nullptr;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  /// Where the text continues after the placeholder; nullptr outside of one.
  const char* resume_ = nullptr;
  const char* resume_end_ = nullptr;
};

/// Objects up to this size are checked for duplicate keys in pairs, larger ones by sorting.
constexpr SizeType kPairwiseLimit = 32;

/// Equal for equal keys, and mostly different for others.
std::uint32_t fingerprint(std::string_view key) {
  if (key.empty()) return 0;
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(key[i])}; };
  return static_cast<std::uint32_t>(key.size()) << 24 ^ byte(0) << 16 ^ byte(key.size() / 2) << 8 ^
         byte(key.size() - 1);
}

const Value* find_duplicate(const Value::Member* members, SizeType count) {
  if (count <= kPairwiseLimit) {
    std::array<std::uint32_t, kPairwiseLimit> prints;
    for (SizeType i = 0; i < count; ++i) {
      prints[i] = fingerprint(text_of(members[i].name));
      for (SizeType j = 0; j < i; ++j) {
        if (prints[i] == prints[j] && text_of(members[i].name) == text_of(members[j].name))
          return &members[i].name;
      }
    }
    return nullptr;
  }
  std::vector<const Value*> names;
  names.reserve(count);
  for (SizeType i = 0; i < count; ++i) names.push_back(&members[i].name);
  std::ranges::sort(names, {}, [](const Value* v) { return text_of(*v); });
  auto it = std::ranges::adjacent_find(names, {}, [](const Value* v) { return text_of(*v); });
  return it == names.end() ? nullptr : *it;
}

bool has_parts(const Value& v) {
  return v.IsObject() || v.IsArray();
}

/// Finds the first key that appears twice in one object, and its path: `"name" in spec.predictor`. The path
/// is built on return, so a document without duplicates builds none. Runs over the finished document, whose
/// depth is limited.
bool find_duplicate_key(const Value& v, std::string& key, std::string& path) {
  if (v.IsObject() && v.MemberCount() > 0) {
    if (const Value* name = find_duplicate(&*v.MemberBegin(), v.MemberCount())) {
      key = text_of(*name).substr(0, 128);
      return true;
    }
    for (const auto& m : v.GetObject()) {
      if (!has_parts(m.value) || !find_duplicate_key(m.value, key, path)) continue;
      const bool dot = !path.empty() && path[0] != '[';
      path.insert(0, std::string(text_of(m.name)) + (dot ? "." : ""));
      return true;
    }
  } else if (v.IsArray()) {
    for (SizeType i = 0; i < v.Size(); ++i) {
      if (!has_parts(v[i]) || !find_duplicate_key(v[i], key, path)) continue;
      const bool dot = !path.empty() && path[0] != '[';
      path.insert(0, fmt::format("[{}]{}", i, dot ? "." : ""));
      return true;
    }
  }
  return false;
}

/// Between RapidJSON's reader and its document: counts, limits and omits as spec/json.h says, and passes the
/// rest on. A key is held until its value is known, since null drops both. Flattened, since the calls for
/// every token take longer than the work.
class Filter : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Filter> {
 public:
  Filter(Document& document, TextStream& stream, std::string_view text, const ParseOptions& options)
      : document_(document),
        stream_(stream),
        options_(options),
        escapes_(text.find("\\u") != std::string_view::npos),
        copy_(!options.deferred) {}

  const std::string& problem() const { return problem_; }

  bool Null() {
    if (take_skip()) return true;
    if (!count_value()) return false;
    if (in_object()) return true;  // its key is dropped too
    ++frame_size();
    return document_.Null();
  }
  bool Bool(bool b) { return take_skip() || (begin_value() && document_.Bool(b)); }
  bool RawNumber(const char* digits, SizeType length, bool) {
    return take_skip() || (begin_value() && number({digits, length}));
  }
  /// `transient`: the characters are in a buffer of the reader. Others are in the text.
  [[gnu::flatten]] bool String(const char* s, SizeType length, bool transient) {
    return take_skip() ||
           (begin_value() && check_text({s, length}) && document_.String(s, length, copy_ || transient));
  }
  [[gnu::flatten]] bool Key(const char* s, SizeType length, bool transient) {
    const std::string_view key{s, length};
    if (!count_value() || !check_text(key)) return false;
    std::string_view unused;
    if (is_skipped(key)) return skip_value(is_wanted(key) ? *options_.managed_fields : unused);
    if (is_deferred(key)) {
      if (deferred_seen_) return fail(fmt::format("duplicate key \"{}\" in {}", key, options_.outer));
      deferred_seen_ = true;
      return skip_value(*options_.deferred);
    }
    frames_.back().key = transient ? copy_of(key) : key;
    return true;
  }
  [[gnu::flatten]] bool StartObject() { return begin_value() && open() && document_.StartObject(); }
  bool StartArray() {
    if (!begin_value() || !open()) return false;
    frames_.back().object = false;
    return document_.StartArray();
  }
  [[gnu::flatten]] bool EndObject(SizeType) { return document_.EndObject(close()); }
  bool EndArray(SizeType) { return document_.EndArray(close()); }

 private:
  struct Frame {
    std::string_view key;  // of the current member; in the text or in the arena
    SizeType size = 0;     // members or elements passed on
    bool object = true;
  };

  std::string_view copy_of(std::string_view key) {
    auto* copy = static_cast<char*>(document_.GetAllocator().Malloc(key.size() + 1));
    std::ranges::copy(key, copy);
    return {copy, key.size()};
  }

  bool fail(std::string message) {
    problem_ = std::move(message);
    return false;
  }

  bool in_object() const { return !frames_.empty() && frames_.back().object; }
  SizeType& frame_size() { return frames_.empty() ? root_size_ : frames_.back().size; }

  bool begin_value() {
    if (!count_value()) return false;
    ++frame_size();
    if (!in_object()) return true;
    const std::string_view key = frames_.back().key;
    return document_.Key(key.data(), static_cast<SizeType>(key.size()), copy_);
  }
  bool open() {
    if (frames_.size() >= options_.limits.max_depth) return too_deep();
    frames_.emplace_back();
    return true;
  }
  SizeType close() {
    const SizeType size = frames_.back().size;
    frames_.pop_back();
    return size;
  }
  [[gnu::noinline]] bool too_deep() {
    return fail(fmt::format("nested deeper than {} levels", options_.limits.max_depth));
  }

  bool count_value() { return ++values_ <= options_.limits.max_values || too_many(); }
  [[gnu::noinline]] bool too_many() {
    return fail(fmt::format("more than {} values", options_.limits.max_values));
  }

  /// The UTF-8 of the text is checked already; only an escape (half of a surrogate pair) can be invalid.
  bool check_text(std::string_view s) {
    return !escapes_ || text::is_valid_utf8(s) || fail("a string is not valid UTF-8");
  }

  bool number(std::string_view digits) {
    const char* last = digits.data() + digits.size();
    if (digits.find_first_of(".eE") == std::string_view::npos && digits != "-0") {
      std::int64_t i = 0;
      if (std::from_chars(digits.data(), last, i).ec == std::errc{}) return document_.Int64(i);
    }
    double d = 0;
    const std::errc ec = std::from_chars(digits.data(), last, d).ec;
    if (ec == std::errc::result_out_of_range) {
      // The reader rejects most numbers that are too large. The rest is either just above the range of a
      // double, or too small, which is read as zero, as in Go.
      const auto exponent = digits.find_first_of("eE");
      const bool small = digits.starts_with("0.") || digits.starts_with("-0.") ||
                         (exponent != std::string_view::npos && digits.substr(exponent + 1).starts_with('-'));
      if (!small) return fail("a number is too large");
      d = 0;
    } else if (ec != std::errc{}) {
      return fail("a number cannot be read");
    }
    return document_.Double(d);
  }

  /// Called after the key of a skipped member. The next event of the reader is a scalar, or the placeholder.
  bool skip_value(std::string_view& text) {
    skip_ = true;
    switch (stream_.skip_nested(options_.limits.max_depth - frames_.size(), text)) {
      case TextStream::Skipped::kUnbalanced:
        return fail("brackets or quotes do not match");
      case TextStream::Skipped::kTooDeep:
        return too_deep();
      case TextStream::Skipped::kNested:
      case TextStream::Skipped::kScalar:
        return true;
    }
    return true;
  }
  bool take_skip() { return std::exchange(skip_, false); }

  bool in_outer() const {
    return frames_.size() == 2 && frames_[0].object && frames_[0].key == options_.outer;
  }
  bool is_deferred(std::string_view key) const {
    return options_.deferred && key == options_.defer && in_outer();
  }
  bool is_skipped(std::string_view key) const {
    if (key == "managedFields") return is_managed_fields();
    return !options_.skip.empty() && in_outer() &&
           std::ranges::find(options_.skip, key) != options_.skip.end();
  }
  /// For a key that is skipped: the root, the outer member, its object and the metadata are open.
  bool is_wanted(std::string_view key) const {
    return options_.managed_fields && key == "managedFields" && frames_.size() == 4;
  }
  bool is_managed_fields() const {
    if (!options_.skip_managed_fields || frames_.size() < 2) return false;
    const Frame& parent = frames_[frames_.size() - 2];
    return parent.object && parent.key == "metadata";
  }

  Document& document_;
  TextStream& stream_;
  const ParseOptions& options_;
  bool escapes_;  // the text has \\u escapes
  bool copy_;     // into the arena: the text may be destroyed before the document
  boost::container::small_vector<Frame, 16> frames_;
  SizeType root_size_ = 0;
  std::size_t values_ = 0;
  bool skip_ = false;  // the next value is that of a skipped member
  bool deferred_seen_ = false;
  std::string problem_;
};

}  // namespace

}  // namespace modelgate::spec

// RapidJSON's hooks for strings. Without them each character goes through the stack of the reader, which is
// half of the time of reading a document.

template <>
template <>
inline void modelgate::spec::JsonReader::ScanCopyUnescapedString(modelgate::spec::TextStream& in,
                                                                 StackStream<char>& out) {
  const std::string_view plain = in.take_plain();
  if (!plain.empty())
    std::memcpy(out.Push(static_cast<rapidjson::SizeType>(plain.size())), plain.data(), plain.size());
}

/// A string without escapes is passed on as a part of the text, others from the stack.
template <>
template <>
[[gnu::flatten]] inline void modelgate::spec::JsonReader::ParseString<modelgate::spec::kReaderFlags>(
    modelgate::spec::TextStream& in, modelgate::spec::Filter& filter, bool is_key) {
  const auto pass_on = [&](const char* text, std::size_t length, bool transient) {
    const auto size = static_cast<rapidjson::SizeType>(length);
    const bool good = is_key ? filter.Key(text, size, transient) : filter.String(text, size, transient);
    if (!good) SetParseError(rapidjson::kParseErrorTermination, in.Tell());
  };
  in.Take();
  const auto with_escapes = [&] [[gnu::noinline]] {
    StackStream<char> out(stack_);
    ParseStringToStream<modelgate::spec::kReaderFlags, rapidjson::UTF8<>, rapidjson::UTF8<>>(in, out);
    if (HasParseError()) return;
    const std::size_t length = out.Length() - 1;
    pass_on(out.Pop(), length, true);
  };
  if (const auto plain = in.take_plain_string()) {
    pass_on(plain->data(), plain->size(), false);
  } else {
    with_escapes();
  }
}

namespace modelgate::spec {

Result<Value, JsonError> parse_json(std::string_view text, Arena& arena, const ParseOptions& options) {
  if (options.deferred) *options.deferred = {};
  if (options.managed_fields) *options.managed_fields = {};
  if (!text::is_valid_utf8(text)) return std::unexpected(JsonError{0, "not valid UTF-8"});

  TextStream stream(text);
  Document document(&arena);
  Filter filter(document, stream, text, options);
  JsonReader reader;
  rapidjson::ParseResult result;
  auto read = [&](Document&) {
    result = reader.Parse<kReaderFlags>(stream, filter);
    return !result.IsError();
  };
  document.Populate(read);
  if (result.IsError()) {
    if (result.Code() == rapidjson::kParseErrorTermination) {
      return std::unexpected(JsonError{result.Offset(), filter.problem()});
    }
    std::string message = rapidjson::GetParseError_En(result.Code());
    if (message.ends_with('.')) message.pop_back();
    return std::unexpected(JsonError{result.Offset(), text::start_in_lower_case(std::move(message))});
  }
  // A NUL in the middle of the text ends the reading too.
  if (stream.Tell() != text.size())
    return std::unexpected(JsonError{stream.Tell(), "text after the document"});
  if (std::string key, path; find_duplicate_key(document, key, path)) {
    return std::unexpected(
        JsonError{0, fmt::format("duplicate key \"{}\"{}{}", key, path.empty() ? "" : " in ", path)});
  }
  return Value(std::move(static_cast<Value&>(document)));
}

}  // namespace modelgate::spec
