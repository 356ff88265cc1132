// SPDX-License-Identifier: Apache-2.0
#include "kube/client/client_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "kube/client/api_answer.h"
#include "kube/client/fault_injector.h"
#include "spec/field.h"
#include "spec/view.h"

namespace modelgate::kube {
namespace {

using Type = WatchEvent::Type;
using Next = ApiResult<std::optional<WatchEvent>>;

constexpr std::array<std::pair<std::string_view, Type>, 4> kTypes{{{"ADDED", Type::kAdded},
                                                                   {"MODIFIED", Type::kModified},
                                                                   {"DELETED", Type::kDeleted},
                                                                   {"BOOKMARK", Type::kBookmark}}};

ApiError malformed(std::string message) {
  return {.kind = ApiError::Kind::kMalformed, .message = std::move(message)};
}

class Stream final : public Watch {
 public:
  Stream(std::unique_ptr<LiveConnection> connection, std::string request, bool managed_fields,
         FaultInjector* faults)
      : connection_(std::move(connection)),
        request_(std::move(request)),
        managed_fields_(managed_fields),
        faults_(faults) {}

  Task<Next> next() override {
    while (true) {
      const auto end = text_.find('\n', searched_);
      if (end != std::string::npos) {
        const std::string_view line = std::string_view(text_).substr(begin_, end - begin_);
        begin_ = searched_ = end + 1;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto event = read_watch_event(line, managed_fields_);
        if (!event) co_return failed(std::move(event).error());
        co_return std::move(*event);
      }
      text_.erase(0, begin_);
      begin_ = 0;
      searched_ = text_.size();
      if (text_.empty() && text_.capacity() > kIdleBufferBytes) text_ = std::string();
      if (text_.size() > kMaxWatchLine) co_return failed(malformed("an event is larger than 8 MiB"));
      auto more = co_await (*connection_)->read_body(text_);
      if (faults_ != nullptr) co_await sleep_for(faults_->watch_lag());
      if (!more) co_return failed(std::move(more).error());
      if (!*more && !text_.empty()) co_return failed(malformed("the stream ended in the middle of an event"));
      if (!*more) co_return std::nullopt;
    }
  }

 private:
  /// The largest buffer that an idle watch keeps after a burst of events.
  static constexpr std::size_t kIdleBufferBytes = std::size_t{16} << 10;

  Next failed(ApiError error) const {
    error.request = request_;
    return std::unexpected(std::move(error));
  }

  std::unique_ptr<LiveConnection> connection_;
  std::string request_;
  bool managed_fields_;
  FaultInjector* faults_;
  std::string text_;
  std::size_t begin_ = 0;     // of the next line
  std::size_t searched_ = 0;  // no line feed before this position
};

}  // namespace

ApiResult<WatchEvent> read_watch_event(std::string_view line, bool managed_fields) {
  spec::Arena arena;
  const auto value = parse_answer(line, arena, managed_fields);
  if (!value) return std::unexpected(malformed("an event is not JSON: " + value.error().message));
  const spec::ObjectView event(*value);
  const spec::ObjectView object = event.object("object");
  const std::string_view type = event.string("type");
  if (!object) return std::unexpected(malformed("an event has no object"));
  if (type == "ERROR") return std::unexpected(error_of_status(*object.value(), 500));
  const auto* const known = std::ranges::find(kTypes, type, &std::pair<std::string_view, Type>::first);
  if (known == kTypes.end()) {
    return std::unexpected(malformed(fmt::format("an event's type is {}", spec::quote(type))));
  }
  return WatchEvent{known->second, Object::copy_of(*object.value())};
}

std::unique_ptr<Watch> make_watch(std::unique_ptr<LiveConnection> connection, std::string request,
                                  bool managed_fields, FaultInjector* faults) {
  return std::make_unique<Stream>(std::move(connection), std::move(request), managed_fields, faults);
}

}  // namespace modelgate::kube
