// SPDX-License-Identifier: Apache-2.0
#include "spec/value_type.h"

namespace modelgate::spec {

std::string_view type_name(const Value& value) {
  switch (value.GetType()) {
    case rapidjson::kStringType:
      return "a string";
    case rapidjson::kNumberType:
      return "a number";
    case rapidjson::kFalseType:
    case rapidjson::kTrueType:
      return "a boolean";
    case rapidjson::kArrayType:
      return "a list";
    case rapidjson::kObjectType:
      return "an object";
    case rapidjson::kNullType:
      return "null";
  }
  return "null";
}

}  // namespace modelgate::spec
