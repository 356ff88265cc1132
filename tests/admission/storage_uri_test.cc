// SPDX-License-Identifier: Apache-2.0
//
// Admission of a service and the injection into its Pods read one table of storage schemes
// (spec/storage_uri.h): a URI that admission accepts is never what the Pod is denied for.
#include "spec/storage_uri.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "spec/catalog.h"
#include "spec/configuration.h"
#include "spec/edit.h"
#include "validation/validation.h"
#include "workload/objects/annotations.h"
#include "workload/pods/pod.h"
#include "workload/pods/pod_pass.h"
#include "workload/pods/storage_container.h"
#include "workload/pods/storage_initializer.h"

namespace modelgate {
namespace {

using spec::Fact;
using spec::Value;

/// One for each way to support a URI, and two that support none for a Pod.
constexpr std::string_view kContainers = R"json([
  {"metadata": {"name": "default"}, "spec": {"supportsMultiModelDownload": true, "container": {"name": "storage-initializer", "image": "a"},
    "supportedUriFormats": [{"prefix": "gs://"}, {"prefix": "s3://"}, {"regex": "https://(.+?)/(.+)"}]}},
  {"metadata": {"name": "mine"}, "spec": {"supportsMultiModelDownload": true, "container": {"name": "storage-initializer", "image": "b"},
    "supportedUriFormats": [{"prefix": "mine://"}, {"regex": "^models[0-9]+://.+$"}]}},
  {"metadata": {"name": "jobs"}, "spec": {"supportsMultiModelDownload": true, "container": {"name": "storage-initializer", "image": "c"},
    "workloadType": "localModelDownloadJob", "supportedUriFormats": [{"prefix": "jobs://"}]}},
  {"metadata": {"name": "off"}, "disabled": true, "spec": {"supportsMultiModelDownload": true, "container": {"name": "storage-initializer",
    "image": "d"}, "supportedUriFormats": [{"prefix": "off://"}]}}
])json";

constexpr std::string_view kPrefixes[] = {"s3://",         "gs://",
                                          "pvc://",        "hf://",
                                          "http://",       "https://",
                                          "hdfs://",       "webhdfs://",
                                          "file://",       "oci://",
                                          "oci+native://", "oci+modelcar://",
                                          "oci+fetch://",  "oci+other://",
                                          "oci+://",       "mine://",
                                          "models7://",    "jobs://",
                                          "off://",        "ftp://",
                                          "S3://",         "Https://",
                                          "PVC://",        "s3:/",
                                          "://",           "",
                                          "s3:///",        "modelscope://"};

std::vector<std::string> paths() {
  return {"",
          "/",
          "bucket",
          "bucket/",
          "bucket/model",
          "bucket//model",
          "/model",
          "..",
          "../model",
          "bucket/..",
          "bucket/../model",
          "bucket/v1..2",
          "bucket/./model",
          "bucket/model?sig=a",
          "bucket/model?path=/../x",
          "bucket?a/../b",
          "bucket/model#part",
          "user:password@host/model",
          "bucket/my model",
          "bucket/model\x7f",
          "BUCKET/Model",
          "[::1]/model",
          "bucket/%2e%2e/model",
          "store.blob.core.windows.net/container/model",
          "store.blob.core.windows.net/",
          "host/store.blob.core.windows.net",
          "registry.example.com/model@sha256:0123",
          "bucket/" + std::string(17UL * 1024, 'a')};
}

enum class Form { kOne, kNamedContainer, kList };

struct Verdicts {
  bool admitted = false;
  std::vector<std::string> pod_errors;
};

class Judge {
 public:
  explicit Judge(bool strict) {
    spec::Configuration configuration;
    configuration.modelgate.validation = strict ? spec::ModelgateConfiguration::Validation::kStrict
                                                : spec::ModelgateConfiguration::Validation::kCompatible;
    spec::CatalogBuilder builder;
    builder.set_configuration(std::move(configuration));
    containers_ = *spec::parse_json(kContainers, arena_);
    for (Value& container : containers_.GetArray()) {
      spec::set_member(container, "kind", spec::make_literal("ClusterStorageContainer"), arena_);
      builder.add(container);
    }
    catalog_ = builder.build(1);
    strict_ = strict;
    no_items_ = *spec::parse_json(R"({"items": []})", arena_);
  }

  Verdicts of(const std::string& uri, Form form, std::string_view named = {}) const {
    Verdicts out{.admitted = admits(uri, form, named), .pod_errors = {}};
    if (out.admitted) out.pod_errors = pod_errors(uri, form, named);
    return out;
  }

 private:
  bool admits(const std::string& uri, Form form, std::string_view named) const {
    spec::Arena arena;
    Value service = *spec::parse_json(
        R"({"metadata": {"name": "m", "namespace": "ns",
              "annotations": {"serving.kserve.io/deploymentMode": "Standard"}},
            "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}}}}})",
        arena);
    Value& predictor = *spec::find(*spec::find(service, "spec"), "predictor");
    if (form == Form::kList) {
      Value entry(rapidjson::kObjectType);
      spec::set_member(entry, "uri", spec::make_string(uri, arena), arena);
      Value list(rapidjson::kArrayType);
      list.PushBack(entry, arena);
      spec::set_member(predictor, "storageUris", std::move(list), arena);
    } else {
      spec::set_member(*spec::find(predictor, "model"), "storageUri", spec::make_string(uri, arena), arena);
    }
    if (!named.empty())
      spec::set_member(predictor, "storageContainerName", spec::make_string(named, arena), arena);
    const spec::InferenceServiceView view(service);
    const auto found = validation::validate_inference_service({.isvc = view, .catalog = *catalog_});
    return std::ranges::none_of(found.errors,
                                [&](const spec::FieldError& e) { return strict_ || !e.strict_only; });
  }

  std::vector<std::string> pod_errors(const std::string& uri, Form form, std::string_view named) const {
    spec::Facts facts;
    for (int round = 0; round < 4; ++round) {
      spec::Arena arena;
      Value pod = *spec::parse_json(
          R"({"metadata": {"labels": {"serving.kserve.io/inferenceservice": "m"}, "annotations": {}},
              "spec": {"containers": [{"name": "kserve-container"}]}})",
          arena);
      spec::Edit edit(pod, arena);
      const workload::PodContext context{.catalog = *catalog_, .facts = facts, .namespace_ = "ns"};
      workload::PodOutcome outcome =
          form == Form::kList ? list(edit, context, uri, named) : one(pod, edit, context, uri, named);
      if (outcome.needs.empty()) {
        std::vector<std::string> out;
        for (const spec::FieldError& e : outcome.errors) {
          if (strict_ || !e.strict_only) out.push_back(fmt::format("{}: {}", e.rule, e.to_string()));
        }
        return out;
      }
      for (spec::ObjectKey& key : outcome.needs) {
        const bool listed = key.name.empty();
        facts.add(std::move(key),
                  listed ? Fact{Fact::State::kPresent, &no_items_} : Fact{Fact::State::kUnknown, nullptr});
      }
    }
    return {"needs more than four rounds"};
  }

  static workload::PodOutcome one(Value& pod, spec::Edit& edit, const workload::PodContext& context,
                                  const std::string& uri, std::string_view named) {
    spec::Arena& arena = edit.arena();
    Value& annotations = *spec::find(*spec::find(pod, "metadata"), "annotations");
    spec::set_member(annotations, workload::annotation::kSourceUri, spec::make_string(uri, arena), arena);
    if (!named.empty())
      spec::set_member(annotations, workload::annotation::kStorageContainer, spec::make_string(named, arena),
                       arena);
    return workload::mutate_pod(edit, context);
  }

  static workload::PodOutcome list(spec::Edit& edit, const workload::PodContext& context,
                                   const std::string& uri, std::string_view named) {
    workload::PodPass pass(edit, context);
    workload::StorageRequest request{.sources = {{uri, "/mnt/models"}}};
    const auto choice = workload::choose_storage_container(pass, named, uri, request.field);
    if (choice.settled) {
      request.container = choice.container;
      workload::add_storage(pass, request);
    }
    return std::move(pass.outcome);
  }

  spec::Arena arena_;
  Value containers_;
  Value no_items_;
  std::shared_ptr<const spec::Catalog> catalog_;
  bool strict_ = true;
};

TEST(StorageUriVerdicts, WhatIsAdmittedIsNotDeniedAtThePod) {
  struct Row {
    const char* form_name;
    Form form;
    std::string_view named;
  };
  // KServe denies the Pod of a service whose named container does not support the URI, and never the service
  // itself: only Strict can agree there.
  const Row kForms[] = {{"storageUri", Form::kOne, ""},
                        {"storageUris", Form::kList, ""},
                        {"the container mine", Form::kNamedContainer, "mine"},
                        {"the container jobs", Form::kNamedContainer, "jobs"},
                        {"the container off", Form::kNamedContainer, "off"}};
  for (const bool strict : {true, false}) {
    const Judge judge(strict);
    std::size_t admitted = 0;
    for (const Row& row : kForms) {
      if (!strict && row.form == Form::kNamedContainer) continue;
      for (const std::string_view prefix : kPrefixes) {
        for (const std::string& path : paths()) {
          const std::string uri = std::string(prefix) + path;
          const Verdicts v = judge.of(uri, row.form, row.named);
          admitted += v.admitted ? 1 : 0;
          EXPECT_TRUE(v.pod_errors.empty()) << (strict ? "Strict" : "Compatible") << ", " << row.form_name
                                            << ": " << uri.substr(0, 80) << "\n  " << v.pod_errors.front();
        }
      }
    }
    EXPECT_GT(admitted, 200U) << "the services were denied for something else";
  }
}

struct Fault {
  const char* name;
  const char* uri;
  bool admitted;
};

class StorageUriFaults : public testing::TestWithParam<Fault> {};

TEST_P(StorageUriFaults, AreAdmittedAsTheyAreServed) {
  const Judge judge(true);
  const Verdicts v = judge.of(GetParam().uri, Form::kOne);
  EXPECT_EQ(v.admitted, GetParam().admitted);
  EXPECT_TRUE(v.pod_errors.empty());
}

INSTANTIATE_TEST_SUITE_P(Table, StorageUriFaults,
                         testing::Values(Fault{"Dots", "s3://bucket/../x", false},
                                         Fault{"DotsInAClaim", "pvc://claim/../x", false},
                                         Fault{"Modelcar", "oci+modelcar://registry.example.com/m:1", true},
                                         Fault{"Fetch", "oci+fetch://registry.example.com/m:1", true},
                                         Fault{"Native", "oci+native://registry.example.com/m:1", true},
                                         Fault{"LocalPath", "/mnt/models/iris", true},
                                         Fault{"OnlyForJobs", "jobs://m", false},
                                         Fault{"Disabled", "off://m", false},
                                         Fault{"ByExpression", "models7://m", true}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate
