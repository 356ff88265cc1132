// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cli/terminal/terminal.h"

namespace modelgate::cli {
namespace {

using Lines = std::vector<std::string_view>;

struct Row {
  char sign;  // ' ', '-' or '+'
  std::string_view text;
};

Lines split(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// The middle of both texts by their longest common subsequence: length[i][j] is its length from line i of
/// `a` and line j of `b` on.
void compare(const Lines& a, const Lines& b, std::vector<Row>& out) {
  const std::size_t width = b.size() + 1;
  if ((a.size() + 1) * width > kMaxDiffCells) {
    for (const std::string_view line : a) out.push_back({'-', line});
    for (const std::string_view line : b) out.push_back({'+', line});
    return;
  }
  std::vector<std::uint32_t> length((a.size() + 1) * width, 0);
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      length[i * width + j] = a[i] == b[j] ? length[(i + 1) * width + j + 1] + 1
                                           : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
    }
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back({' ', a[i++]}), ++j;
    } else if (j == b.size() || (i < a.size() && length[(i + 1) * width + j] >= length[i * width + j + 1])) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[j++]});
    }
  }
}

std::vector<Row> all_rows(const Lines& a, const Lines& b) {
  const auto [a_end, b_end] = std::ranges::mismatch(a, b);
  const auto same_start = static_cast<std::size_t>(a_end - a.begin());
  std::size_t same_end = 0;
  while (same_end < std::min(a.size(), b.size()) - same_start &&
         a[a.size() - 1 - same_end] == b[b.size() - 1 - same_end]) {
    ++same_end;
  }
  std::vector<Row> out;
  for (std::size_t i = 0; i < same_start; ++i) out.push_back({' ', a[i]});
  compare({a_end, a.end() - static_cast<std::ptrdiff_t>(same_end)},
          {b_end, b.end() - static_cast<std::ptrdiff_t>(same_end)}, out);
  for (std::size_t i = a.size() - same_end; i < a.size(); ++i) out.push_back({' ', a[i]});
  return out;
}

bool is_near_a_change(const std::vector<Row>& rows, std::size_t i) {
  const std::size_t first = i < kContextLines ? 0 : i - kContextLines;
  const std::size_t last = std::min(i + kContextLines + 1, rows.size());
  return std::any_of(rows.begin() + static_cast<std::ptrdiff_t>(first),
                     rows.begin() + static_cast<std::ptrdiff_t>(last),
                     [](const Row& r) { return r.sign != ' '; });
}

void append_row(const Row& row, bool color, std::string& out) {
  const Style style = row.sign == '-' ? kRed : row.sign == '+' ? kGreen : Style{};
  out += paint(fmt::format("{}{}", row.sign, row.text), style, color) + "\n";
}

}  // namespace

std::string diff(std::string_view before, std::string_view after, bool color) {
  const std::vector<Row> rows = all_rows(split(before), split(after));
  std::string out;
  std::size_t line_before = 1;
  std::size_t line_after = 1;
  for (std::size_t i = 0; i < rows.size();) {
    if (!is_near_a_change(rows, i)) {
      ++i, ++line_before, ++line_after;  // unchanged
      continue;
    }
    std::size_t removed = 0;
    std::size_t added = 0;
    std::string hunk;
    for (; i < rows.size() && is_near_a_change(rows, i); ++i) {
      removed += rows[i].sign != '+';
      added += rows[i].sign != '-';
      append_row(rows[i], color, hunk);
    }
    const std::string head = fmt::format("@@ -{},{} +{},{} @@", line_before, removed, line_after, added);
    out += paint(head, kCyan, color) + "\n" + hunk;
    line_before += removed;
    line_after += added;
  }
  return out;
}

}  // namespace modelgate::cli
