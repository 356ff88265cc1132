// SPDX-License-Identifier: Apache-2.0
#include "validation/containers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/names.h"
#include "validation/duplicates.h"
#include "validation/forms.h"

namespace modelgate::validation {
namespace {

constexpr std::array<std::string_view, 3> kPortProtocols = {"TCP", "UDP", "SCTP"};

bool listed(const Container& c) {
  return c.place == Container::Place::kListed || c.place == Container::Place::kInit;
}

/// True if a runtime's container of the same name may provide the missing fields.
bool merged_with_runtime(const Container& c) {
  const Component& component = *c.pod->component;
  return component.is_predictor() && (c.pod->worker || !component.custom());
}

void check_port(const spec::ContainerPortView& port, const LazyPath& at, Report& report) {
  const auto number = port.container_port();
  if (!number) {
    report.add(required(at / "containerPort", "the port that the container listens on"));
  } else if (*number < 1 || *number > 65535) {
    report.add(invalid(at / "containerPort", *number, "must be from 1 to 65535"));
  }
  if (std::ranges::find(kPortProtocols, port.protocol()) == kPortProtocols.end())
    report.add(not_supported(at / "protocol", port.protocol(), kPortProtocols));
  if (port.name().empty()) return;
  if (const auto problem = spec::check_port_name(port.name()))
    report.add(invalid(at / "name", port.name(), std::string(*problem)));
}

void check_variable(const spec::EnvVarView& variable, const LazyPath& at, Report& report) {
  if (variable.name().empty()) {
    report.add(required(at / "name", "a variable needs a name"));
    return;
  }
  if (const auto problem = spec::check_env_name(variable.name()))
    report.add(invalid(at / "name", variable.name(), std::string(*problem)));
  if (!variable.env_value().empty() && variable.value_from())
    report.add(forbidden(at / "valueFrom", "must not be set beside value"));
}

void check_image_of(const Container& c, bool needed, Report& report) {
  const std::string_view image = c.view.image();
  const bool is_template = c.pod->partial && image.find("{{") != std::string_view::npos;
  if (image.empty()) {
    if (needed) report.add(required(c.at / "image", "a container needs an image"));
  } else if (is_template) {
    return;
  } else if (const auto problem = check_image(image)) {
    report.add(invalid(c.at / "image", image, std::string(*problem)));
  }
}

}  // namespace

void check_container_names(const Workloads& w, Report& report) {
  for (const Container& c : w.containers) {
    if (!listed(c)) continue;
    const std::string_view name = c.view.name();
    if (name.empty()) {
      report.add(required(c.at / "name", "a container needs a name"));
    } else if (const auto problem = spec::check_dns1123_label(name)) {
      report.add(invalid(c.at / "name", name, std::string(*problem)));
    }
  }
  for (std::size_t first = 0; first < w.containers.size();) {
    const Pod* pod = w.containers[first].pod;
    std::size_t last = first;
    while (last < w.containers.size() && w.containers[last].pod == pod) ++last;
    const auto key = [&](std::size_t i) {
      const Container& c = w.containers[first + i];
      return listed(c) ? c.view.name() : std::string_view{};
    };
    for_each_duplicate(last - first, key, [&](std::size_t i) {
      report.add(duplicate(w.containers[first + i].at / "name", key(i)));
    });
    first = last;
  }
}

void check_env(const Workloads& w, Report& report) {
  for (const Container& c : w.containers) {
    const auto env = c.view.env();
    if (env.empty()) continue;
    const LazyPath at = c.at / "env";
    for (std::size_t i = 0; i < env.size(); ++i) check_variable(env[i], at[i], report);
  }
}

void check_env_once(const Workloads& w, Report& report) {
  for (const Container& c : w.containers) {
    const auto env = c.view.env();
    if (env.size() < 2) continue;
    const LazyPath at = c.at / "env";
    const auto name = [&](std::size_t i) { return env[i].name(); };
    for_each_duplicate(env.size(), name, [&](std::size_t i) {
      const LazyPath variable = at[i];
      report.add(duplicate(variable / "name", name(i)));
    });
  }
}

void check_ports(const Workloads& w, Report& report) {
  for (const Container& c : w.containers) {
    const auto ports = c.view.ports();
    const LazyPath at = c.at / "ports";
    for (std::size_t i = 0; i < ports.size(); ++i) check_port(ports[i], at[i], report);
    if (ports.size() < 2) continue;
    const auto name = [&](std::size_t i) { return ports[i].name(); };
    for_each_duplicate(ports.size(), name, [&](std::size_t i) {
      const LazyPath port = at[i];
      report.add(duplicate(port / "name", name(i)));
    });
    std::vector<std::string> numbers;
    numbers.reserve(ports.size());
    for (const spec::ContainerPortView port : ports)
      numbers.push_back(port.container_port() ? fmt::format("{}/{}", *port.container_port(), port.protocol())
                                              : std::string{});
    const auto number = [&](std::size_t i) { return std::string_view(numbers[i]); };
    for_each_duplicate(ports.size(), number, [&](std::size_t i) {
      const LazyPath port = at[i];
      report.add(duplicate(port / "containerPort", number(i)));
    });
  }
}

void check_images(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers)
    check_image_of(c, listed(c) && !merged_with_runtime(c), report);
}

void check_runtime_images(const RuntimeObject& r, Report& report) {
  for (const Container& c : r.workloads().containers) check_image_of(c, false, report);
}

void check_container_images(const Workloads& w, Report& report) {
  for (const Container& c : w.containers) check_image_of(c, true, report);
}

}  // namespace modelgate::validation
