// SPDX-License-Identifier: Apache-2.0
#include "process/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "process/duration.h"
#include "process/version.h"
#include "spec/text/ascii.h"

namespace modelgate::process {
namespace {

// "-webhook-port=1" becomes "--webhook-port=1"; "-h", "-" and numbers stay.
std::string with_two_dashes(std::string argument) {
  const bool single = argument.size() > 2 && argument[0] == '-' && text::is_letter(argument[1]);
  return single ? "-" + argument : argument;
}

template <class Bool>
Setter set_true_or_false(Bool& target) {
  return [&target](const std::string& text) -> std::string {
    if (text != "true" && text != "false") return "\"" + text + "\" is not true or false";
    target = text == "true";
    return {};
  };
}

std::string wrap(std::string_view text, std::size_t columns) {
  std::string wrapped;
  while (text.size() > columns) {
    const std::size_t blank = text.rfind(' ', columns);
    wrapped.append(text.substr(0, blank)).append("\n");
    text.remove_prefix(blank + 1);
  }
  return wrapped.append(text);
}

// For a terminal of a hundred columns.
constexpr std::size_t kNameColumns = 32;
constexpr std::size_t kHelpColumns = 68;

void add(CLI::App& app, const Flag& flag) {
  const auto take = [names = std::string(flag.names), set = flag.set](const std::string& text) {
    const std::string wrong = set(text);
    if (!wrong.empty()) throw CLI::ValidationError(names, wrong);
  };
  const std::string help = wrap(flag.help, kHelpColumns);
  if (*flag.value == '\0') {
    const auto count = [take](const CLI::results_t& values) {
      take(values.empty() || values.back().empty() ? "true" : values.back());
      return true;
    };
    app.add_option(flag.names, count, help)->type_name("")->expected(0, 1)->group(flag.group);
    return;
  }
  const auto each = [take](const CLI::results_t& values) {
    for (const std::string& value : values) take(value);
    return true;
  };
  // CLI11's releases print a default differently, "=8" or "[8]": the text of the option is ours.
  const std::string shown = flag.shown;
  app.add_option(flag.names, each, help)
      ->type_name(flag.value)
      ->option_text(flag.value + (shown.empty() ? "" : "=" + shown))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(flag.group);
}

}  // namespace

std::optional<FlagsEnd> parse(const CommandLine& line, int argc, const char* const* argv) {
  CLI::App app(std::string(line.description) + "\n", line.program);
  app.get_formatter()->column_width(kNameColumns);
  for (const Flag& flag : line.flags) add(app, flag);
  app.footer("\n" + wrap(line.footer, kNameColumns + kHelpColumns));
  app.set_version_flag("--version", version_line(line.program), "Print the version and exit");
  std::vector<std::string> arguments;
  for (int i = argc - 1; i > 0; --i)
    arguments.push_back(with_two_dashes(argv[i]));  // CLI11 expects the reverse order
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return FlagsEnd{0, app.help()};
  } catch (const CLI::CallForVersion& version) {
    return FlagsEnd{0, version.what() + std::string("\n")};
  } catch (const CLI::ParseError& error) {
    const std::string name = line.program;
    return FlagsEnd{2, name + ": " + error.what() + "\nSee " + name + " --help.\n"};
  }
  return std::nullopt;
}

Setter set_text(std::string& target) {
  return [&target](const std::string& text) -> std::string {
    target = text;
    return {};
  };
}

Setter set_bool(bool& target) {
  return set_true_or_false(target);
}
Setter set_bool(std::optional<bool>& target) {
  return set_true_or_false(target);
}

Setter set_address(std::optional<Address>& target) {
  return [&target](const std::string& text) -> std::string {
    target = text == "0" ? std::nullopt : parse_address(text);
    if (target || text == "0") return {};
    return "\"" + text + "\" is not host:port with an IP address, :port, or 0 to turn it off";
  };
}

Setter set_host(Address& target) {
  return [&target](const std::string& text) -> std::string {
    const bool v6 = text.contains(':') && !text.starts_with('[');
    const auto address = parse_address((v6 ? "[" + text + "]" : text) + ":0");
    if (!address) return "\"" + text + "\" is not an IP address";
    target.host = address->host;
    return {};
  };
}

Setter set_duration(std::chrono::nanoseconds& target) {
  return [&target](const std::string& text) -> std::string {
    const auto duration = parse_duration(text);
    if (!duration) return "\"" + text + "\" is not a duration such as 100s or 1m30s";
    target = *duration;
    return {};
  };
}

Setter set_name(std::string& target) {
  return [&target](const std::string& text) -> std::string {
    const auto allowed = [](char c) {
      return text::is_lower(c) || text::is_digit(c) || c == '-' || c == '.';
    };
    if (text.empty() || text.size() > 253 || !std::ranges::all_of(text, allowed)) {
      return "\"" + text + R"(" is not a name of lower case letters, digits, "-" and ".")";
    }
    target = text;
    return {};
  };
}

Setter add_each(std::vector<std::string>& target, bool (*is_allowed)(std::string_view), std::string allowed) {
  return [&target, is_allowed, allowed = std::move(allowed)](const std::string& text) -> std::string {
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find(','));
      if (!is_allowed(item)) return "\"" + std::string(item) + "\" is not " + allowed;
      target.emplace_back(item);
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    }
    return {};
  };
}

}  // namespace modelgate::process
