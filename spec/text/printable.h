// SPDX-License-Identifier: Apache-2.0
//
// Text that is safe to show: in a terminal, a log, a condition or an event. Names and messages of users, Pods
// and other servers may contain characters that move the cursor, change colours, hide text or reverse its
// direction. Whatever shows such text passes it through printable().
//
//   text::printable("a\x1b[31m\nb")   // a\x1b[31m\nb, where \x1b and \n are now visible escapes
//
// Escaped are control characters (C0, DEL, C1), invisible and directional formatting characters, line and
// paragraph separators, and bytes that are not UTF-8. Text without them is unchanged, and so is text that was
// escaped before.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modelgate::text {

/// The number of bytes before the first character that printable() escapes; all bytes if there is none.
std::size_t printable_length(std::string_view text);

std::string printable(std::string text);

/// Appends the escape of the character at the front of `text`, which is not empty: \n, \t, \r, \x1b, \u202e,
/// or \xff for a byte that is not UTF-8. Returns the number of bytes of the character.
std::size_t append_escape(std::string_view text, std::string& out);

/// printable() of several lines: line breaks are kept.
std::string printable_lines(std::string text);

/// printable() on one line, for messages of others: line breaks and all other control characters of ASCII
/// become blanks.
std::string on_one_line(std::string text);

/// True for a character beyond ASCII that printable() escapes.
bool is_hidden(char32_t code_point);

/// JSON text, or a part of a JSON string, with the same meaning and without hidden characters and DEL: they
/// become \u202e. Other control characters, which JSON has outside of strings only, stay.
std::string json_without_hidden(std::string json);

}  // namespace modelgate::text
