// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

std::string from(const std::string& uri) {
  return service({.predictor = bare_model(R"("storageUri": ")" + uri + R"(")")});
}

std::string uris(const std::string& list, const std::string& beside = bare_model()) {
  return service({.predictor = beside + R"(, "storageUris": [)" + list + "]"});
}

std::string entry(const std::string& uri, const std::string& mount_path) {
  return R"({"uri": ")" + uri + R"(", "mountPath": ")" + mount_path + R"("})";
}

/// One that was not moved to `model`.
std::string framework(const std::string& name, const std::string& members) {
  return service({.predictor = R"(")" + name + R"(": {)" + members + "}",
                  .annotations = R"("serving.kserve.io/deploymentMode": "ModelMesh")"});
}

std::string art(const std::string& members) {
  return service(
      {.predictor = model(), .spec = R"("explainer": {"art": {"type": "SquareAttack", )" + members + "}}"});
}

std::string confidential(const std::string& members,
                         const std::string& uri = R"("storageUri": "s3://models/iris", )") {
  return service({.predictor = bare_model(uri + R"("confidential": {"enabled": true)" + members + "}")});
}

std::string transformer_container(const std::string& variable) {
  return service(
      {.predictor = model() +
                    R"(, "containers": [{"name": "transformer-container", "image": "example.com/t:v1",
                      "env": [{"name": ")" +
                    variable + R"(", "value": "s3://models/t"}]}])"});
}

}  // namespace

std::vector<Case> storage_cases() {
  const std::string list = "spec.predictor.storageUris";
  const std::string uri = "spec.predictor.model.storageUri";
  const std::string storage_env = R"("env": [{"name": "STORAGE_URI", "value": "s3://models/iris"}])";
  return {
      {"one-storage-form", "List", uris(entry("s3://models/iris", "/mnt/models"))},
      {"one-storage-form", "EmptyListAlone", service({.predictor = bare_model() + R"(, "storageUris": [])"})},
      {"one-storage-form",
       "EmptyListBesideStorageUri",
       service({.predictor = model() + R"(, "storageUris": [])"}),
       {"one-storage-form Forbidden " + list}},
      {"one-storage-form",
       "BesideStorageUri",
       uris(entry("s3://models/iris", "/mnt/models"), model()),
       {"one-storage-form Forbidden " + list}},
      {"one-storage-form",
       "BesideTheVariable",
       uris(entry("s3://models/iris", "/mnt/models"), custom(storage_env)),
       {"one-storage-form Forbidden " + list}},
      {"one-storage-form",
       "OfATransformer",
       service({.predictor = model(),
                .spec = R"("transformer": {)" + custom(storage_env) + R"(, "storageUris": [)" +
                        entry("s3://models/t", "/mnt/models") + "]}"}),
       {"one-storage-form Forbidden spec.transformer.storageUris"}},

      {"storage-uris", "CommonDirectory",
       uris(entry("s3://models/base", "/mnt/models/base") + ", " + entry("hf://org/lora", "/mnt/lora"))},
      {"storage-uris", "DefaultPath", uris(R"({"uri": "s3://models/iris"})")},
      {"storage-uris",
       "NoUri",
       uris(R"({"mountPath": "/mnt/models"})"),
       {"storage-uris Required " + list + "[0].uri"}},
      {"storage-uris",
       "Relative",
       uris(entry("s3://models/iris", "models")),
       {"storage-uris Invalid " + list + "[0].mountPath"}},
      {"storage-uris",
       "Root",
       uris(entry("s3://models/iris", "/")),
       {"storage-uris Invalid " + list + "[0].mountPath"}},
      {"storage-uris",
       "Upwards",
       uris(entry("s3://models/iris", "/mnt/../etc")),
       {"storage-uris Invalid " + list + "[0].mountPath"}},
      {"storage-uris",
       "NothingInCommon",
       uris(entry("s3://models/a", "/a/x") + ", " + entry("s3://models/b", "/b/x")),
       {"storage-uris Invalid " + list + "[1].mountPath"}},
      {"storage-uris", "AClaimMayBeElsewhere",
       uris(entry("s3://models/a", "/a/x") + ", " + entry("pvc://claim/b", "/b/x"))},
      {"storage-uris",
       "ClaimTwiceBesideTwoDownloads",
       uris(entry("s3://models/a", "/m/a") + ", " + entry("s3://models/b", "/m/b") + ", " +
            entry("pvc://c/1", "/m/c") + ", " + entry("pvc://c/2", "/m/c")),
       {"storage-uris Duplicate " + list + "[3].mountPath"}},

      {"storage-mount-paths", "Different",
       uris(entry("pvc://c/1", "/m/a") + ", " + entry("pvc://c/2", "/m/b"))},
      {"storage-mount-paths",
       "ClaimTwice",
       uris(entry("pvc://c/1", "/m/c") + ", " + entry("pvc://c/2", "/m/c")),
       {"storage-mount-paths Duplicate " + list + "[1].mountPath"}},
      {"storage-mount-paths",
       "OnlySlashes",
       uris(entry("s3://models/iris", "//")),
       {"storage-mount-paths Invalid " + list + "[0].mountPath"}},

      {"transformer-container-storage", "OtherVariable", transformer_container("MODEL")},
      {"transformer-container-storage",
       "StorageUri",
       transformer_container("STORAGE_URI"),
       {"transformer-container-storage Forbidden spec.predictor.containers[0].env[0]"}},

      {"storage-spec-types", "S3", art(R"("storageUri": "s3://models/art")")},
      {"storage-spec-types", "KnownType", art(R"("storage": {"parameters": {"type": "hdfs"}})")},
      {"storage-spec-types",
       "UnknownType",
       art(R"("storage": {"parameters": {"type": "gs"}})"),
       {"storage-spec-types NotSupported spec.explainer.art.storage.parameters[type]"}},
      {"storage-spec-types",
       "OtherSchemeBesideStorage",
       art(R"("storageUri": "gs://models/art", "storage": {"key": "k"})"),
       {"storage-spec-types NotSupported spec.explainer.art.storageUri",
        "storage-uri-beside-storage Forbidden spec.explainer.art.storage"}},

      {"storage-spec-types", "OfModelIsNotChecked",
       service({.predictor = bare_model(R"("storage": {"parameters": {"type": "gs"}})")})},
      {"storage-spec-types",
       "OfAFramework",
       framework("pmml", R"("storage": {"parameters": {"type": "gs"}})"),
       {"storage-spec-types NotSupported spec.predictor.pmml.storage.parameters[type]"}},
      {"storage-spec-types", "OfAnotherFramework",
       framework("sklearn", R"("storage": {"parameters": {"type": "gs"}})")},

      {"storage-uri-beside-storage", "StorageAlone",
       service({.predictor = bare_model(R"("storage": {"key": "k"})")})},
      {"storage-uri-beside-storage",
       "Both",
       service({.predictor = model(R"("storage": {"key": "k"})")}),
       {"storage-uri-beside-storage Forbidden spec.predictor.model.storage"}},
      {"storage-uri-beside-storage",
       "StorageAndList",
       uris(entry("s3://models/iris", "/mnt/models"), bare_model(R"("storage": {"key": "k"})")),
       {"storage-uri-beside-storage Forbidden spec.predictor.model.storage"}},

      {"storage-uri", "Pvc", from("pvc://claim/path")},
      {"storage-uri", "Gs", from("gs://bucket/path")},
      {"storage-uri", "Https", from("https://example.com/model.tgz?sig=a%20b")},
      {"storage-uri", "Azure", from("https://store.blob.core.windows.net/models/iris")},
      {"storage-uri", "Oci", from("oci://registry.example.com/iris:v1")},
      {"storage-uri", "OciNative", from("oci+native://registry.example.com/iris:v1")},
      {"storage-uri", "OciModelcar", from("oci+modelcar://registry.example.com/iris:v1")},
      {"storage-uri", "Hf", from("hf://org/model@main")},
      {"storage-uri", "Hdfs", from("hdfs:///models/iris")},
      {"storage-uri", "File", from("file:///models/iris")},
      {"storage-uri", "AbsolutePath", from("/mnt/models/iris")},
      {"storage-uri", "RelativePath", from("models/iris")},
      {"storage-uri", "ByAContainersPrefix", from("model-registry://iris/v1")},
      {"storage-uri", "ByAContainersExpression", from("models7://a/b")},
      {"storage-uri", "NotByItsExpression", from("models://a/b"), {"storage-uri NotSupported " + uri}},
      {"storage-uri", "Misspelled", from("s4://models/iris"), {"storage-uri NotSupported " + uri}},
      {"storage-uri", "Capitals", from("S3://models/iris"), {"storage-uri NotSupported " + uri}},
      {"storage-uri", "NothingLikeIt", from("ftp://example.com/iris"), {"storage-uri NotSupported " + uri}},
      {"storage-uri", "OneSlash", from("s3:/models/iris"), {"storage-uri Invalid " + uri}},
      {"storage-uri", "NoBucket", from("s3:///iris"), {"storage-uri Invalid " + uri}},
      {"storage-uri", "NothingAfterIt", from("gs://"), {"storage-uri Invalid " + uri}},
      {"storage-uri", "NoPath", from("hdfs://"), {"storage-uri Invalid " + uri}},
      {"storage-uri", "Blank", from("s3://models/iris v1"), {"storage-uri Invalid " + uri}},
      {"storage-uri", "ParentDirectory", from("s3://models/../iris"), {"storage-uri Invalid " + uri}},
      {"storage-uri", "Empty", from(""), {"storage-uri Required " + uri}},
      {"storage-uri",
       "AzureWithoutAContainer",
       from("https://store.blob.core.windows.net/"),
       {"storage-uri Invalid " + uri}},
      {"storage-uri",
       "OfAnEntry",
       uris(entry("s4://models/iris", "/mnt/models")),
       {"storage-uri NotSupported " + list + "[0].uri"}},
      {"storage-uri",
       "OfTheVariable",
       service(
           {.predictor = custom(
                R"("env": [{"name": "A", "value": "1"}, {"name": "STORAGE_URI", "value": "s4://m/i"}])")}),
       {"storage-uri NotSupported spec.predictor.containers[0].env[1].value"}},
      {"storage-uri", "VariableFromAConfigMap",
       service(
           {.predictor = custom(
                R"("env": [{"name": "STORAGE_URI", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "uri"}}}])")})},
      {"storage-uri", "NamedContainer",
       service({.predictor = bare_model(R"("storageUri": "model-registry://thing")") +
                             R"(, "storageContainerName": "registry")"})},
      {"storage-uri",
       "NamedContainerDoesNotSupportIt",
       service({.predictor = bare_model(R"("storageUri": "s3://models/iris")") +
                             R"(, "storageContainerName": "registry")"}),
       {"storage-uri Invalid spec.predictor.storageContainerName"}},
      {"storage-uri",
       "ContainerWithABrokenExpression",
       from("broken://models/iris"),
       {"storage-uri Invalid " + uri},
       {},
       {},
       R"([{"kind": "ClusterStorageContainer", "metadata": {"name": "broken"}, "spec": {
            "container": {"name": "storage-initializer", "image": "example.com/broken:v1"},
            "supportedUriFormats": [{"regex": "broken://("}]}}])"},
      {"storage-uri",
       "NamedContainerUnknown",
       service({.predictor = model() + R"(, "storageContainerName": "registri")"}),
       {},
       {"spec.predictor.storageContainerName"}},

      {"confidential", "ResourceId", confidential(R"(, "resourceId": "kbs:///repo/type/tag-1.0_a")")},
      {"confidential", "Disabled",
       service({.predictor = bare_model(R"("confidential": {"enabled": false, "resourceId": "x"})")})},
      {"confidential", "NoStorageUri", confidential("", ""), {"confidential Required " + uri}},
      {"confidential",
       "TwoParts",
       confidential(R"(, "resourceId": "kbs:///repo/type")"),
       {"confidential Invalid spec.predictor.model.confidential.resourceId"}},
      {"confidential",
       "FourParts",
       confidential(R"(, "resourceId": "kbs:///repo/type/tag/more")"),
       {"confidential Invalid spec.predictor.model.confidential.resourceId"}},
      {"confidential",
       "EmptyPart",
       confidential(R"(, "resourceId": "kbs:///repo//tag")"),
       {"confidential Invalid spec.predictor.model.confidential.resourceId"}},
      {"confidential",
       "OciWarns",
       confidential("", R"("storageUri": "oci://registry.example.com/iris:v1", )"),
       {},
       {"spec.predictor.model.confidential"}},
      {"confidential",
       "PvcWarns",
       confidential("", R"("storageUri": "pvc://claim/iris", )"),
       {},
       {"spec.predictor.model.confidential"}},
  };
}

}  // namespace modelgate::validation
