// SPDX-License-Identifier: Apache-2.0
//
// What the tests of validation/ share: objects from JSON text, a catalog like that of a new cluster, and the
// short form of an error that tables are written in.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/json.h"
#include "validation/validation.h"

namespace modelgate::validation {

/// A document that owns its arena.
class Document {
 public:
  explicit Document(std::string_view text) {
    auto parsed = spec::parse_json(text, arena_);
    if (!parsed) throw std::invalid_argument(parsed.error().message + " in " + std::string(text));
    value_ = std::move(*parsed);
  }
  spec::Value& value() { return value_; }
  const spec::Value& value() const { return value_; }
  spec::Arena& arena() { return arena_; }

 private:
  spec::Arena arena_;
  spec::Value value_;
};

/// Adds each object of a JSON list; a ConfigMap in it is the configuration.
inline void add_all(spec::CatalogBuilder& builder, std::string_view list) {
  const Document document(list);
  for (const spec::Value& v : document.value().GetArray()) {
    if (builder.add(v)) continue;
    auto configuration = spec::parse_configuration(v);
    if (!configuration) throw std::invalid_argument(configuration.error().front().to_string());
    builder.set_configuration(std::move(*configuration));
  }
}

/// sklearn, with the two protocols; triton; a multi-node and a disabled one; in `default`, one of the team's.
inline constexpr std::string_view kRuntimes = R"([
  {"kind": "ClusterServingRuntime", "metadata": {"name": "kserve-sklearnserver"}, "spec": {
    "supportedModelFormats": [{"name": "sklearn", "version": "1", "autoSelect": true, "priority": 1}],
    "protocolVersions": ["v1", "v2"],
    "containers": [{"name": "kserve-container", "image": "example.com/sklearn:v1",
      "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}}]}},
  {"kind": "ClusterServingRuntime", "metadata": {"name": "kserve-tritonserver"}, "spec": {
    "supportedModelFormats": [{"name": "triton", "version": "2", "autoSelect": true, "priority": 1},
                              {"name": "onnx", "version": "1", "autoSelect": true, "priority": 1}],
    "protocolVersions": ["v2", "grpc-v2"],
    "volumes": [{"name": "devshm", "emptyDir": {"medium": "Memory"}}],
    "containers": [{"name": "kserve-container", "image": "example.com/triton:v1"}]}},
  {"kind": "ClusterServingRuntime", "metadata": {"name": "kserve-multinode"}, "spec": {
    "supportedModelFormats": [{"name": "huggingface", "version": "1"}],
    "protocolVersions": ["v1", "v2"],
    "containers": [{"name": "kserve-container", "image": "example.com/hf:v1"}],
    "workerSpec": {"containers": [{"name": "worker-container", "image": "example.com/hf:v1"}],
                   "volumes": [{"name": "worker-cache", "emptyDir": {}}]}}},
  {"kind": "ClusterServingRuntime", "metadata": {"name": "kserve-pmmlserver"}, "spec": {
    "disabled": true, "supportedModelFormats": [{"name": "pmml", "autoSelect": true}],
    "containers": [{"name": "kserve-container", "image": "example.com/pmml:v1"}]}},
  {"kind": "ServingRuntime", "metadata": {"name": "prophet", "namespace": "default"}, "spec": {
    "supportedModelFormats": [{"name": "prophet", "version": "1", "autoSelect": true, "priority": 2}],
    "protocolVersions": ["v2"],
    "containers": [{"name": "kserve-container", "image": "example.com/prophet:v1"}]}},
  {"kind": "ClusterStorageContainer", "metadata": {"name": "default"}, "spec": {
    "container": {"name": "storage-initializer", "image": "example.com/storage:v1"},
    "supportedUriFormats": [{"prefix": "gs://"}, {"prefix": "s3://"}, {"regex": "^models[0-9]+://.+/.+"}]}},
  {"kind": "ClusterStorageContainer", "metadata": {"name": "registry"}, "spec": {
    "container": {"name": "storage-initializer", "image": "example.com/registry:v1"},
    "supportedUriFormats": [{"prefix": "model-registry://"}]}}
])";

inline std::shared_ptr<const spec::Catalog> make_catalog(std::string_view more = "[]") {
  spec::CatalogBuilder builder;
  add_all(builder, kRuntimes);
  add_all(builder, more);
  return builder.build(1);
}

/// "rule Reason path": what a table says of an error. Prose is not compared.
inline std::string brief(const spec::FieldError& e) {
  return std::string(e.rule) + " " +
         std::string(spec::reason_of(e.type)).substr(std::string_view("FieldValue").size()) + " " +
         e.path.to_string();
}

inline std::vector<std::string> briefs(const Findings& found) {
  std::vector<std::string> out;
  for (const spec::FieldError& e : found.errors) out.push_back(brief(e));
  return out;
}

/// For a failure: everything that was found, as a person reads it.
inline std::string prose(const Findings& found) {
  std::string out;
  for (const spec::FieldError& e : found.errors) out += std::string(e.rule) + ": " + e.to_string() + "\n";
  for (const spec::FieldWarning& w : found.warnings) out += "warning: " + w.to_string() + "\n";
  for (const MissingRuntime& m : found.missing_runtimes) out += "missing: " + m.warning.to_string() + "\n";
  return out;
}

}  // namespace modelgate::validation
