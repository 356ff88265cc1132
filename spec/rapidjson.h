// SPDX-License-Identifier: Apache-2.0
//
// RapidJSON's document types. Its assertions are exceptions in every build: a wrong access is a bug of ours
// and must become an HTTP 500 with a log line, not a crash of the server. Include this instead of RapidJSON's
// own headers. Only spec/json.cc uses its reader.
#pragma once

#include <stdexcept>

namespace modelgate::spec {
[[noreturn]] inline void rapidjson_assertion_failed(const char* what) {
  throw std::logic_error(what);
}
}  // namespace modelgate::spec

#define RAPIDJSON_ASSERT(x) \
  ((x) ? static_cast<void>(0) : ::modelgate::spec::rapidjson_assertion_failed("rapidjson: " #x))
#define RAPIDJSON_ASSERT_THROWS
#define RAPIDJSON_HAS_STDSTRING 0

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wconversion"
#pragma clang diagnostic ignored "-Wshadow"
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#pragma clang diagnostic ignored "-Wpedantic"
#include <rapidjson/allocators.h>
#include <rapidjson/document.h>
#pragma clang diagnostic pop

namespace modelgate::spec {

using Arena = rapidjson::MemoryPoolAllocator<rapidjson::CrtAllocator>;
using Value = rapidjson::GenericValue<rapidjson::UTF8<char>, Arena>;

}  // namespace modelgate::spec
