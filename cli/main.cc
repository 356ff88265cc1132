// SPDX-License-Identifier: Apache-2.0
//
// The command line of `modelgate`: flags, help and exit codes. The subcommands are in cli/offline/ and
// cli/doctor/.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/doctor/doctor.h"
#include "cli/offline/explain.h"
#include "cli/offline/review.h"
#include "cli/terminal/exit_code.h"
#include "process/version.h"

namespace modelgate::cli {
namespace {

constexpr const char* kAbout =
    "Reviews KServe manifests as the admission webhook does, without a cluster, and checks an installation "
    "in a\n"
    "cluster.";

constexpr const char* kHelpExitCodes =
    "\nEach subcommand has its own exit codes; see `modelgate SUBCOMMAND --help`.";

constexpr const char* kReviewAbout =
    "Print the objects of files as they would be stored, with errors and warnings";

constexpr const char* kReviewMore =
    "\nInferenceServices, ServingRuntimes and ClusterServingRuntimes are defaulted and validated. Pods are\n"
    "mutated as the webhook does it. The API server's own checks are made as well: metadata, unknown\n"
    "fields, the types of our CRDs. Other objects are printed unchanged. The standard error gets errors\n"
    "and warnings with file and line, and the objects that are skipped, or used and not reviewed.\n"
    "Runtimes and configuration are the built-in ones and those in the files.\n"
    "\nCredentials come from the Secrets and ServiceAccounts in the files and in --manifests. What is not\n"
    "given is unknown: no object is denied because of it, and a warning names what would be read. Only\n"
    "if --manifests contains any Secret of a namespace, it is expected to contain all of them. Secrets\n"
    "are printed without values, and with --pods or --render not at all.\n"
    "\n--render prints Deployments, Services, autoscalers and routes as they are when all components are\n"
    "ready. An object that cannot be built is an error.\n"
    "\nExamples:\n"
    "  modelgate review service.yaml\n"
    "  modelgate review -o diff deploy/examples/\n"
    "  modelgate review -R manifests/                       also the files of its subdirectories\n"
    "  modelgate review --old stored.yaml service.yaml      the result of an update\n"
    "  modelgate review --pods service.yaml secrets.yaml    also the Pods, with model storage and "
    "credentials\n"
    "  modelgate review --render service.yaml               also its Deployments, Services, routes\n"
    "  kustomize build . | modelgate review - -o json\n"
    "  modelgate review --manifests cluster/ service.yaml   with the runtimes and configuration of a "
    "cluster\n";

constexpr const char* kReviewExitCodes =
    "\nExit codes:\n"
    "  0  all objects would be admitted\n"
    "  1  an object would be denied\n"
    "  2  an invalid flag, or a file that cannot be read";

constexpr const char* kExplainAbout =
    "Explain which runtime each InferenceService gets, and why it gets no other";

constexpr const char* kExplainMore =
    "\nExamples:\n"
    "  modelgate explain service.yaml\n"
    "  modelgate explain --all service.yaml                 also runtimes for other formats\n"
    "  kubectl get clusterservingruntimes -o yaml > cluster/runtimes.yaml &&\n"
    "    modelgate explain --manifests cluster/ service.yaml\n";

constexpr const char* kExplainExitCodes =
    "\nExit codes:\n"
    "  0  each InferenceService gets a runtime, or needs none\n"
    "  1  an InferenceService gets no runtime, or is malformed\n"
    "  2  an invalid flag, a file that cannot be read, or no InferenceService in the files";

constexpr const char* kDoctorAbout = "Check an installation in a cluster, and suggest fixes";

constexpr const char* kDoctorMore =
    "\nChecks the API server, CRDs, registrations, certificates, the Pods, Leases and permissions of both "
    "programs,\n"
    "the configuration, the runtimes, and InferenceService health. It changes nothing. Before an "
    "installation,\n"
    "--preflight checks whether the cluster is ready for it. docs/troubleshooting.md explains each check.\n"
    "\nExamples:\n"
    "  modelgate doctor\n"
    "  modelgate doctor --preflight --context production\n"
    "  modelgate doctor -o json | jq '.findings[] | select(.severity == \"error\")'\n"
    "  kubectl port-forward -n kserve deployment/modelgate-webhook 9443 &\n"
    "    modelgate doctor --webhook-address 127.0.0.1:9443      also the served certificate\n"
    "\nExit codes:\n"
    "  0  healthy: no finding worse than a skipped check\n"
    "  1  warnings: it works, but something should be fixed\n"
    "  2  errors: something does not work, or the cluster or a flag could not be read";

/// An option with a fixed set of values.
template <typename T>
void add_choice(CLI::App& command, const char* names, std::map<std::string, T> choices, T& target,
                const char* standard, const char* help) {
  std::vector<std::string> words;
  for (const auto& choice : choices) words.push_back(choice.first);
  const auto set = [choices = std::move(choices), &target](const std::string& word) {
    target = choices.at(word);
  };
  command.add_option_function<std::string>(names, set, help)
      ->check(CLI::IsMember(words))
      ->type_name("WORD")
      ->default_str(standard);
}

void add_input(CLI::App& command, InputOptions& input, Color& color) {
  const auto add_files = [&input](const std::vector<std::string>& files) {
    input.files.insert(input.files.end(), files.begin(), files.end());
  };
  command
      .add_option_function<std::vector<std::string>>(
          "FILE", add_files,
          "YAML or JSON, with one or more documents; or a directory of *.yaml, *.yml and *.json; - is the standard "
          "input")
      ->type_name("");
  command
      .add_option_function<std::vector<std::string>>("-f,--filename", add_files, "the same, as for kubectl")
      ->type_name("FILE");
  command.callback([&input] {
    if (input.files.empty()) throw CLI::RequiredError("FILE");
  });
  command.add_flag("-R,--recursive", input.recursive, "also read the subdirectories of a directory");
  command
      .add_option("--manifests", input.manifests,
                  "directory or file with runtimes, configuration, storage containers, Secrets and "
                  "ServiceAccounts; replaces the built-in ones")
      ->type_name("PATH");
  command.add_option("--config", input.config, "file with the ConfigMap inferenceservice-config")
      ->type_name("FILE");
  command.add_option("-n,--namespace", input.namespace_, "default namespace for objects without one")
      ->type_name("NAME")
      ->default_str("default");
  add_choice<Color>(command, "--color",
                    {{"auto", Color::kAuto}, {"always", Color::kAlways}, {"never", Color::kNever}}, color,
                    "auto", "use of colors; auto respects NO_COLOR");
}

CLI::App& add_review(CLI::App& app, ReviewOptions& options, Color& color) {
  CLI::App& command = *app.add_subcommand("review", kReviewAbout);
  add_input(command, options.input, color);
  command
      .add_option("--old", options.old,
                  "file with the stored objects: an object in it is updated, not created")
      ->type_name("FILE");
  add_choice<Format>(command, "-o,--output",
                     {{"yaml", Format::kYaml}, {"json", Format::kJson}, {"diff", Format::kDiff}},
                     options.format, "yaml", "output format; diff prints only changes");
  command.add_flag(
      "--render", options.render,
      "also print the objects that the reconciler would apply for each InferenceService in Standard "
      "mode, in that order");
  command.add_flag("--pods", options.pods,
                   "also print the Pods that would be created for each InferenceService in Standard mode");
  command.footer(std::string(kReviewMore) + kReviewExitCodes);
  return command;
}

CLI::App& add_explain(CLI::App& app, ExplainOptions& options, Color& color) {
  CLI::App& command = *app.add_subcommand("explain", kExplainAbout);
  add_input(command, options.input, color);
  command.add_flag("--all", options.all, "also show the runtimes that serve other formats");
  command.footer(std::string(kExplainMore) + kExplainExitCodes);
  return command;
}

void add_installation(CLI::App& command, InstallationNames& names) {
  const auto add = [&](const char* flag, std::string& name, const char* help) {
    command.add_option(flag, name, help)->type_name("NAME")->capture_default_str();
  };
  add("--service-name", names.service, "name of the webhook's Service, Deployment and ServiceAccount");
  add("--registration", names.registration,
      "name of its MutatingWebhookConfiguration and ValidatingWebhookConfiguration");
  add("--ca-secret", names.ca_secret, "name of the Secret with its CAs");
  add("--lease", names.lease, "name of the Lease for rotating them");
  add("--reconciler-name", names.reconciler, "name of the reconciler's Deployment, ServiceAccount and Lease");
}

CLI::App& add_doctor(CLI::App& app, DoctorOptions& options, Color& color) {
  CLI::App& command = *app.add_subcommand("doctor", kDoctorAbout);
  command
      .add_option("--kubeconfig", options.kubeconfig, "path of the kubeconfig; default: the same as kubectl")
      ->type_name("FILE");
  command.add_option("--context", options.context, "context of the kubeconfig; default: the current one")
      ->type_name("NAME");
  command
      .add_option_function<std::string>(
          "-n,--namespace",
          [&options](const std::string& name) {
            options.names.ns = name;
            options.namespace_given = true;
          },
          "namespace of the webhook; default: that of the registered Service, else kserve")
      ->type_name("NAME");
  add_installation(command, options.names);
  command
      .add_option("--webhook-address", options.webhook_address,
                  "address of the webhook for checking its certificate, if Pods cannot be reached")
      ->type_name("HOST:PORT");
  command.add_flag("--preflight", options.preflight, "check whether Modelgate can be installed or upgraded");
  const auto set_timeout = [&options](const double& seconds) {
    options.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  };
  command.add_option_function<double>("--timeout", set_timeout, "timeout of each call")
      ->check(CLI::Range(0.1, 300.0))
      ->type_name("SECONDS")
      ->default_str("5");
  add_choice<ReportFormat>(command, "-o,--output",
                           {{"text", ReportFormat::kText}, {"json", ReportFormat::kJson}}, options.format,
                           "text", "output format");
  add_choice<Color>(command, "--color",
                    {{"auto", Color::kAuto}, {"always", Color::kAlways}, {"never", Color::kNever}}, color,
                    "auto", "use of colors; auto respects NO_COLOR");
  command.footer(kDoctorMore);
  return command;
}

int run(int argc, char** argv) {
  CLI::App app(kAbout, "modelgate");
  app.require_subcommand(1);
  app.footer(kHelpExitCodes);
  Color color = Color::kAuto;
  ReviewOptions review_options;
  ExplainOptions explain_options;
  DoctorOptions doctor_options;
  const CLI::App& review_command = add_review(app, review_options, color);
  const CLI::App& explain_command = add_explain(app, explain_options, color);
  const CLI::App& doctor_command = add_doctor(app, doctor_options, color);
  const std::string version =
      process::version_line("modelgate") + "\nAPI: serving.kserve.io as of KServe v0.21";
  app.set_version_flag("--version", version, "Print the version and exit");
  app.add_subcommand("version", "Print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, std::cout, std::cerr) == 0 ? kAllowed : kUnreadable;
  }
  if (review_command.parsed()) {
    review_options.color_out = use_color(color, STDOUT_FILENO);
    review_options.color_err = use_color(color, STDERR_FILENO);
    return review(review_options, std::cout, std::cerr);
  }
  if (explain_command.parsed()) {
    explain_options.color = use_color(color, STDOUT_FILENO);
    return explain(explain_options, std::cout, std::cerr);
  }
  if (doctor_command.parsed()) {
    doctor_options.color = use_color(color, STDOUT_FILENO);
    return doctor(doctor_options, std::cout, std::cerr);
  }
  std::cout << version << '\n';
  return kAllowed;
}

}  // namespace
}  // namespace modelgate::cli

int main(int argc, char** argv) {
  try {
    return modelgate::cli::run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "modelgate: a bug, please report it: " << e.what() << '\n';
    return modelgate::cli::kUnreadable;
  }
}
