// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/logger.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "spec/inference_service.h"
#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::LoggerConfiguration;
using spec::ObjectView;

constexpr std::string_view kBundleVolume = "agent-ca-bundle";
constexpr std::string_view kBundlePath = "/etc/tls/logger";
constexpr std::string_view kLogEverything = "all";

std::optional<std::string> text(ObjectView object, std::string_view field) {
  const auto found = object.optional_string(field);
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

std::optional<LoggerConfiguration::Store> read_store(ObjectView storage) {
  if (!storage) return std::nullopt;
  LoggerConfiguration::Store store{.path = text(storage, "path"),
                                   .parameters = {},
                                   .storage_key = text(storage, "key"),
                                   .service_account_name = text(storage, "serviceAccountName")};
  storage.object<spec::StringMapView>("parameters").for_each([&](std::string_view k, std::string_view v) {
    store.parameters.emplace(k, v);
  });
  return store;
}

void override_with(ObjectView service_logger, LoggerConfiguration& out) {
  out.store = read_store(service_logger.object("storage"));
  if (auto url = text(service_logger, "marshallerUrl")) out.marshaller_url = std::move(*url);
  if (const auto size = service_logger.integer("batchSize")) out.batch_size = *size;
  if (auto interval = text(service_logger, "batchInterval")) out.batch_interval = std::move(*interval);
}

/// The listed annotations that the Pod has, which are sent with each log: "a=1,b=2". Linear in the length of
/// the list, which the user chooses: the annotations are sorted first.
std::string metadata(const PodPass& pass, std::string_view listed) {
  std::map<std::string_view, std::string_view> annotations;
  pass.pod().metadata().annotations().for_each(
      [&](std::string_view name, std::string_view value) { annotations.emplace(name, value); });
  std::string out;
  while (true) {
    const std::size_t comma = listed.find(',');
    const auto found = annotations.find(listed.substr(0, comma));
    if (found != annotations.end()) {
      out += fmt::format("{}{}={}", out.empty() ? "" : ",", found->first, found->second);
      annotations.erase(found);  // once, even if it is listed twice
    }
    if (comma == std::string_view::npos) return out;
    listed.remove_prefix(comma + 1);
  }
}

void add_store_arguments(const LoggerConfiguration& logger, ContainerBuilder& out) {
  if (logger.store) {
    if (const std::string path = logger.store->path.value_or(""); !path.empty()) {
      out.add_args("--log-store-path", path);
    }
    const auto format = logger.store->parameters.find("format");
    if (format != logger.store->parameters.end() && !format->second.empty()) {
      out.add_args("--log-store-format", format->second);
    }
  }
  if (!logger.marshaller_url.empty()) out.add_args("--log-marshaller-url", logger.marshaller_url);
  if (logger.batch_size > 0) out.add_args("--log-batch-size", std::to_string(logger.batch_size));
  if (!logger.batch_interval.empty()) out.add_args("--log-batch-interval", logger.batch_interval);
}

}  // namespace

LoggerConfiguration logger_of(PodPass& pass) {
  LoggerConfiguration out = pass.configuration.logger;
  const std::string_view name = pass.label(label::kInferenceService).value_or("");
  if (name.empty()) return out;
  const spec::Fact* fact = pass.look_up("InferenceService", pass.context.namespace_, name);
  if (!fact || fact->state != spec::Fact::State::kPresent) return out;
  const ObjectView logger = ObjectView(fact->object).object("spec").object("predictor").object("logger");
  if (logger) override_with(logger, out);
  return out;
}

void add_logger_arguments(const PodPass& pass, const LoggerConfiguration& logger, ContainerBuilder& out) {
  const auto annotated = [&](std::string_view name, std::string_view otherwise) {
    return pass.annotation(name).value_or(otherwise);
  };
  const auto labelled = [&](std::string_view name) { return pass.label(name).value_or(""); };
  out.add_args("--log-url", annotated(annotation::kLoggerUrl, logger.default_url));
  out.add_args("--source-uri", pass.pod().metadata().name());
  out.add_args("--log-mode", annotated(annotation::kLoggerMode, kLogEverything));
  out.add_args("--inference-service", labelled(label::kInferenceService));
  out.add_args("--namespace", pass.context.namespace_);
  out.add_args("--endpoint", labelled(label::kEndpoint));
  out.add_args("--component", labelled(label::kComponent));
  add_store_arguments(logger, out);
  if (const auto headers = pass.annotation(annotation::kLoggerHeaders)) {
    out.add_args("--metadata-headers", *headers);
  }
  if (const auto names = pass.annotation(annotation::kLoggerAnnotations)) {
    out.add_args("--metadata-annotations", metadata(pass, *names));
  }
  if (!logger.ca_cert_file.empty()) out.add_args("--logger-ca-cert-file", logger.ca_cert_file);
  out.add_args("--logger-tls-skip-verify", logger.tls_skip_verify ? "true" : "false");
}

void mount_logger_bundle(PodPass& pass, const LoggerConfiguration& logger, ContainerBuilder& out) {
  if (logger.ca_bundle.empty()) return;
  pass.add_volume(kBundleVolume, "configMap",
                  ObjectBuilder(pass.arena()).text("name", logger.ca_bundle).flag("optional", true).take());
  out.append_mount(
      {.volume = std::string(kBundleVolume), .mount_path = std::string(kBundlePath), .read_only = true});
}

}  // namespace modelgate::workload
