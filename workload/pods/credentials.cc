// SPDX-License-Identifier: Apache-2.0
//
// From a ServiceAccount to its Secrets. credential_schemes.cc knows the kinds of Secrets.
#include "workload/pods/credentials.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/core.h"
#include "workload/objects/object_builder.h"
#include "workload/pods/credential_schemes.h"
#include "workload/pods/s3_settings.h"
#include "workload/pods/secret.h"

namespace modelgate::workload {
namespace {

using spec::Fact;
using spec::FieldPath;

constexpr std::string_view kAwsRole = "eks.amazonaws.com/role-arn";

/// Far more Secrets than a ServiceAccount has in practice; each costs a read from the API server.
constexpr std::size_t kMaxSecrets = 32;

/// Where a Secret is named, for messages.
struct Reference {
  std::string secret;
  FieldPath field;
  std::string by;  // "ServiceAccount \"sa-s3\" refers to it"
};

void add(PodPass& pass, const SecretView& secret, const Credentials& credentials, ContainerBuilder& out) {
  const bool strict = pass.strict();
  for (const EnvVar& env : credentials.env) {
    // A variable of the same name from another Secret: KServe appends a second one, and Kubernetes uses the
    // last.
    if (credentials.merge) {
      out.add_env(env, SameName::kSetValue);
    } else if (strict) {
      out.add_env(env, SameName::kRetain);
    } else {
      out.add_env(env, SameName::kAppend);
    }
  }
  if (!credentials.mount) return;
  pass.add_volume(credentials.mount->volume, "secret",
                  ObjectBuilder(pass.arena()).text("secretName", secret.name()).take());
  if (!strict || !out.has_mount(*credentials.mount)) out.append_mount(*credentials.mount);
}

void report_missing(PodPass& pass, const Reference& reference) {
  // Once, although the storage initializer and the agent may both need it.
  for (const spec::FieldError& e : pass.outcome.errors) {
    if (e.type == spec::ErrorType::kNotFound && e.value == spec::quote(reference.secret)) return;
  }
  pass.rule("secret-missing")
      .add(spec::not_found(
          reference.field, reference.secret,
          fmt::format(
              "does not exist in namespace {}, and {}; create it with one of the keys {}, or remove the "
              "reference",
              pass.context.namespace_, reference.by, known_credential_keys(pass.configuration))));
}

/// False if the Secret holds no known credentials.
bool add_secret(PodPass& pass, const Reference& reference, ContainerBuilder& out) {
  const Fact* fact = pass.look_up("Secret", pass.context.namespace_, reference.secret);
  if (!fact) return true;
  if (fact->state == Fact::State::kAbsent) {
    report_missing(pass, reference);
    return true;
  }
  if (fact->state == Fact::State::kUnknown) {
    pass.warn(fmt::format("Secret {} could not be read: {}, and the Pod starts without its credentials",
                          spec::quote(reference.secret), reference.by),
              spec::ObjectKey{"Secret", std::string(pass.context.namespace_), reference.secret});
    return true;
  }
  const SecretView secret(fact->object);
  const auto credentials = read_credentials(secret, pass.configuration);
  if (!credentials) return false;
  add(pass, secret, *credentials, out);
  return true;
}

/// The Secret that the Pod names by annotation takes precedence over those of the ServiceAccount.
std::optional<Reference> annotated_secret(const PodPass& pass) {
  const std::string& name = pass.configuration.credentials.storage_secret_name_annotation;
  if (name.empty()) return std::nullopt;
  const auto secret = pass.annotation(name);
  if (!secret) return std::nullopt;
  return Reference{.secret = std::string(*secret),
                   .field = PodPass::annotation_path(name),
                   .by = "the annotation names it"};
}

void add_annotated(PodPass& pass, const Reference& reference, ContainerBuilder& out) {
  if (add_secret(pass, reference, out)) return;
  pass.warn(fmt::format("Secret {} holds no credentials: it has none of the keys {}",
                        spec::quote(reference.secret), known_credential_keys(pass.configuration)));
}

/// Token and image pull Secrets, which older clusters add to each ServiceAccount.
bool is_generated(std::string_view secret, std::string_view service_account) {
  return secret.starts_with(fmt::format("{}-token-", service_account)) ||
         secret.starts_with(fmt::format("{}-dockercfg-", service_account));
}

void add_listed(PodPass& pass, spec::ObjectView account, std::string_view name, ContainerBuilder& out) {
  std::vector<std::string> unknown;
  std::size_t known = 0;
  std::size_t count = 0;
  for (const spec::ObjectView reference : account.list("secrets")) {
    if (++count > kMaxSecrets) {
      pass.warn(fmt::format("ServiceAccount {} refers to more than {} Secrets; the others are ignored",
                            spec::quote(name), kMaxSecrets));
      break;
    }
    std::string secret(reference.string("name"));
    const bool used = add_secret(pass,
                                 {.secret = secret,
                                  .field = PodPass::spec_path() / "serviceAccountName",
                                  .by = fmt::format("ServiceAccount {} refers to it", spec::quote(name))},
                                 out);
    if (used) {
      ++known;
    } else if (!is_generated(secret, name)) {
      unknown.push_back(std::move(secret));
    }
  }
  if (known > 0 || unknown.empty()) return;
  pass.warn(fmt::format("ServiceAccount {} provides no credentials: Secret {} has none of the keys {}",
                        spec::quote(name), spec::quote(unknown.front()),
                        known_credential_keys(pass.configuration)));
}

}  // namespace

void add_credentials(PodPass& pass, std::string_view service_account, ContainerBuilder& out) {
  const std::string_view name = service_account.empty() ? "default" : service_account;
  const auto annotated = annotated_secret(pass);
  // Looked up in the same round as the ServiceAccount.
  if (annotated) pass.look_up("Secret", pass.context.namespace_, annotated->secret);
  const Fact* fact = pass.look_up("ServiceAccount", pass.context.namespace_, name);
  if (!fact) return;
  // Each namespace gets the account `default`. If it does not exist yet, it provides nothing.
  if (fact->state != Fact::State::kPresent && name != "default") {
    pass.warn(fmt::format("ServiceAccount {} {}: the Pod starts without credentials for its storage",
                          spec::quote(name),
                          fact->state == Fact::State::kAbsent ? "does not exist" : "could not be read"),
              spec::ObjectKey{"ServiceAccount", std::string(pass.context.namespace_), std::string(name)});
    return;
  }
  const spec::ObjectView account(fact->object);
  const auto annotations = account.object<spec::ObjectMetaView>("metadata").annotations();
  if (annotations.get(kAwsRole)) {
    for (const EnvVar& env : s3_settings(annotations, SecretView(), pass.configuration))
      out.add_env(env, SameName::kAppend);
  }
  if (annotated) {
    add_annotated(pass, *annotated, out);
  } else {
    add_listed(pass, account, name, out);
  }
}

}  // namespace modelgate::workload
