// SPDX-License-Identifier: Apache-2.0
//
// The command line of `modelgate`: flags, help and exit codes. What the commands do is in review.cc and
// explain.cc.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <string>

#include "cli/exit_code.h"
#include "cli/explain.h"
#include "cli/review.h"

namespace modelgate::cli {
namespace {

constexpr const char* kAbout = "Reviews KServe manifests as the admission webhook does, without a cluster.\n";

constexpr const char* kExitCodes =
    "\nExit codes:\n"
    "  0  everything would be admitted\n"
    "  1  something would be denied, or gets no runtime\n"
    "  2  a wrong flag, or a file that cannot be read";

constexpr const char* kReviewAbout =
    "Defaults and validates InferenceServices, ServingRuntimes and ClusterServingRuntimes, and prints them "
    "as they\n"
    "would be stored. Other objects are printed as they are. Errors and warnings go to the standard error, "
    "with file\n"
    "and line. Runtimes and configuration are the built-in ones and those in the files.";

constexpr const char* kReviewExamples =
    "\nExamples:\n"
    "  modelgate review service.yaml\n"
    "  modelgate review -o diff deploy/examples/*.yaml\n"
    "  modelgate review --old stored.yaml service.yaml      what an update would give\n"
    "  kustomize build . | modelgate review - -o json\n"
    "  modelgate review --manifests cluster/ service.yaml   with the runtimes and configuration of a "
    "cluster\n";

constexpr const char* kExplainAbout =
    "Tells which runtime each InferenceService gets, and for every other one why not.";

constexpr const char* kExplainExamples =
    "\nExamples:\n"
    "  modelgate explain service.yaml\n"
    "  modelgate explain --all service.yaml                 also runtimes for other formats\n"
    "  kubectl get clusterservingruntimes -o yaml > cluster/runtimes.yaml &&\n"
    "    modelgate explain --manifests cluster/ service.yaml\n";

void add_input(CLI::App& command, InputOptions& input, Color& color) {
  command
      .add_option("FILE", input.files, "YAML or JSON, with any number of documents; - is the standard input")
      ->required();
  command.add_option("--manifests", input.manifests,
                     "directory (or file) with runtimes, configuration and storage containers, in place of "
                     "the built-in ones");
  command.add_option("--config", input.config, "file with another ConfigMap inferenceservice-config");
  command.add_option("-n,--namespace", input.namespace_, "for objects that name none")
      ->default_str("default");
  command.add_option("--color", color, "auto, always or never; NO_COLOR is heeded")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Color>{
              {"auto", Color::kAuto}, {"always", Color::kAlways}, {"never", Color::kNever}},
          CLI::ignore_case))
      ->default_str("auto");
}

int run(int argc, char** argv) {
  CLI::App app(kAbout, "modelgate");
  app.require_subcommand(1);
  app.footer(kExitCodes);
  Color color = Color::kAuto;

  ReviewOptions review_options;
  CLI::App* review_command = app.add_subcommand("review", kReviewAbout);
  add_input(*review_command, review_options.input, color);
  review_command->add_option("--old", review_options.old,
                             "file with what is stored: an object that is in it is updated, not created");
  review_command->add_option("-o,--output", review_options.format, "yaml, json, or diff: only what changes")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Format>{
              {"yaml", Format::kYaml}, {"json", Format::kJson}, {"diff", Format::kDiff}},
          CLI::ignore_case))
      ->default_str("yaml");
  review_command->footer(std::string(kReviewExamples) + kExitCodes);

  ExplainOptions explain_options;
  CLI::App* explain_command = app.add_subcommand("explain", kExplainAbout);
  add_input(*explain_command, explain_options.input, color);
  explain_command->add_flag("--all", explain_options.all, "also show the runtimes that serve other formats");
  explain_command->footer(std::string(kExplainExamples) + kExitCodes);

  const CLI::App* version_command = app.add_subcommand("version", "Prints the version.");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, std::cout, std::cerr) == 0 ? kAllowed : kUnreadable;
  }
  if (version_command->parsed()) {
    std::cout << "modelgate " MODELGATE_VERSION " (serving.kserve.io as of KServe v0.20)\n";
    return kAllowed;
  }
  if (explain_command->parsed()) {
    explain_options.color = use_color(color, STDOUT_FILENO);
    return explain(explain_options, std::cout, std::cerr);
  }
  review_options.color_out = use_color(color, STDOUT_FILENO);
  review_options.color_err = use_color(color, STDERR_FILENO);
  return review(review_options, std::cout, std::cerr);
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
