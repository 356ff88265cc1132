// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648, section 4): the standard alphabet, padded. Kubeconfigs, Secrets, CA bundles, patches in
// admission responses and YAML's !!binary use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace modelgate::text {

/// What decode_base64 does with a line feed or a carriage return: kSkip allows them anywhere, kReject
/// nowhere. Kubernetes writes the values of Secrets on one line; people wrap those of kubeconfigs and YAML
/// files.
enum class LineBreaks : std::uint8_t { kSkip, kReject };

/// The bytes; nothing where the text is malformed: another character, padding that is missing or too long,
/// text after the padding. Unused bits of the last digit may be set, as for Go.
std::optional<std::string> decode_base64(std::string_view text, LineBreaks line_breaks = LineBreaks::kSkip);

/// On one line. At most 1 GiB.
std::string encode_base64(std::string_view bytes);

}  // namespace modelgate::text
