// SPDX-License-Identifier: Apache-2.0
//
// With Istio's CNI plugin, traffic is redirected before a Pod's sidecar runs. An init container reaches the
// network only when it runs as the sidecar's user.
#include "workload/pods/istio.h"

#include <fmt/format.h>

#include <charconv>

#include "workload/objects/annotations.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kIstioInit = "istio-init";  // present without the CNI plugin
constexpr std::string_view kRedirect = "REDIRECT";
constexpr std::int64_t kSidecarUser = 1337;  // Istio's default

std::optional<std::int64_t> to_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

std::optional<spec::FieldPath> storage_initializer(const PodPass& pass) {
  std::optional<spec::FieldPath> last;
  std::size_t i = 0;
  for (const spec::ContainerView c : pass.spec().init_containers()) {
    if (c.name() == container::kStorageInitializer) last = (PodPass::spec_path() / "initContainers")[i];
    ++i;
  }
  return last;
}

/// The sidecar's name, from the annotation in which Istio records what it injected. Reports errors.
std::string sidecar_name(PodPass& pass) {
  const auto status = pass.annotation(annotation::kIstioStatus);
  if (!status) return {};
  const auto read = spec::parse_json(*status, pass.arena());
  if (!read || !read->IsObject()) {
    pass.rule("istio-status")
        .add(spec::invalid(PodPass::annotation_path(annotation::kIstioStatus),
                           "must be a JSON object, as Istio writes it"));
    return {};
  }
  const spec::Value* containers = spec::find(*read, "containers");
  if (!containers || !containers->IsArray() || containers->Empty() || !(*containers)[0].IsString()) return {};
  return std::string(spec::text_of((*containers)[0]));
}

std::optional<std::int64_t> sidecar_user(PodPass& pass) {
  if (pass.find_container("initContainers", kIstioInit)) return std::nullopt;
  if (pass.annotation(annotation::kIstioInterceptionMode) != kRedirect) return std::nullopt;
  const std::string name = sidecar_name(pass);
  if (name.empty()) return std::nullopt;
  const auto sidecar = pass.find_container("containers", name);
  if (!sidecar) return std::nullopt;
  return pass.container_at(*sidecar).object("securityContext").integer("runAsUser").value_or(kSidecarUser);
}

}  // namespace

void set_istio_user(PodPass& pass) {
  const auto initializer = storage_initializer(pass);
  if (!initializer) return;
  std::optional<std::int64_t> user;
  if (const auto annotated = pass.annotation(annotation::kStorageInitializerUid)) {
    user = to_number(*annotated);
    if (!user) {
      pass.warn(fmt::format("{}: is {}, must be a numeric user id; it has no effect",
                            annotation::kStorageInitializerUid, spec::quote(*annotated)));
    }
  } else {
    user = sidecar_user(pass);
  }
  if (user) pass.edit.set(*initializer / "securityContext" / "runAsUser", spec::Value(*user));
}

}  // namespace modelgate::workload
