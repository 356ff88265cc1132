// SPDX-License-Identifier: Apache-2.0
#include "kube/client/exec_plugin.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "kube/client/server_url.h"
#include "kube/client/small_file.h"
#include "spec/field.h"
#include "spec/text/base64.h"
#include "spec/text/rfc3339.h"
#include "spec/view.h"

namespace modelgate::kube {
namespace {

using Clock = std::chrono::steady_clock;

/// How often to check whether a program that has closed its output has exited.
constexpr std::chrono::milliseconds kExitPoll{5};

// A running program. The destructor kills it and its child processes.
class Child {
 public:
  Child() = default;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Its standard output is `output`. 0, or an error number.
  int start(const std::string& command, std::vector<std::string> arguments,
            std::vector<std::string> environment, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const auto argv = pointers(arguments);
    const auto envp = pointers(environment);
    const int error = posix_spawnp(&pid_, command.c_str(), &actions, &attributes, argv.data(), envp.data());
    if (error != 0) pid_ = 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }

  /// Its status from waitpid, once it has exited.
  std::optional<int> ended() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = 0;
    return status;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  }

  pid_t pid_ = 0;
};

// Shared with the timer, whose handler may run after the reader has ended.
struct Output {
  Output(const asio::any_io_executor& executor, int handle) : pipe(executor, handle) {}
  void give_up() {
    boost::system::error_code ignored;
    pipe.close(ignored);
    late = true;
  }
  asio::posix::stream_descriptor pipe;
  bool late = false;
};

/// Reads until the end, give_up(), or a little more than kMaxPluginOutput bytes.
Task<std::string> read_all(std::shared_ptr<Output> output) {
  std::string text;
  boost::system::error_code error;
  std::array<char, 4096> part;
  while (!error && text.size() <= kMaxPluginOutput) {
    const auto buffer = asio::buffer(part);
    std::size_t count = 0;
    count = co_await output->pipe.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
    text.append(part.data(), count);
  }
  co_return text;
}

std::vector<std::string> environment_for(const ClientConfig& config) {
  std::map<std::string, std::string> set = config.exec->environment;
  set["KUBERNETES_EXEC_INFO"] = exec_info(config);
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view variable(*at);
    if (!set.contains(std::string(variable.substr(0, variable.find('='))))) out.emplace_back(variable);
  }
  for (const auto& [name, value] : set) out.push_back(fmt::format("{}={}", name, value));
  return out;
}

ApiError plugin_error(const ExecPlugin& plugin, std::string_view text) {
  return {.kind = ApiError::Kind::kCredentials,
          .message = fmt::format("exec plugin {}: {}", plugin.command, text)};
}

ApiError cannot_start(const ExecPlugin& plugin, int number) {
  std::string text = std::strerror(number);
  if (number == ENOENT) text = "no such program";
  if (number == ENOENT && !plugin.install_hint.empty()) text += "; " + plugin.install_hint;
  return plugin_error(plugin, text);
}

ApiError not_in_time(const ExecPlugin& plugin) {
  return {.kind = ApiError::Kind::kDeadline,
          .message = fmt::format("exec plugin {} did not end in time", plugin.command)};
}

/// For a status that is not 0.
std::string exit_text(int status) {
  if (WIFSIGNALED(status)) return fmt::format("it was ended by signal {}", WTERMSIG(status));
  return fmt::format("it failed with exit code {}", WEXITSTATUS(status));
}

}  // namespace

std::expected<ExecCredential, std::string> read_exec_credential(std::string_view text,
                                                                std::string_view api_version) {
  spec::Arena arena;
  const auto value = spec::parse_json(text, arena);
  if (!value)
    return std::unexpected(fmt::format("its output is not JSON (at byte {})", value.error().offset));
  const spec::ObjectView root(*value);
  if (root.string("kind") != "ExecCredential") return std::unexpected("its output is not an ExecCredential");
  if (root.string("apiVersion") != api_version) {
    return std::unexpected(fmt::format("its output is of apiVersion {}; configured is {}",
                                       spec::quote(root.string("apiVersion")), api_version));
  }
  const spec::ObjectView status = root.object("status");
  ExecCredential out{.token = std::string(status.string("token")),
                     .certificate_pem = std::string(status.string("clientCertificateData")),
                     .key_pem = std::string(status.string("clientKeyData"))};
  if (out.certificate_pem.empty() != out.key_pem.empty()) {
    return std::unexpected("its output has one of clientCertificateData and clientKeyData; both are needed");
  }
  if (out.token.empty() && out.certificate_pem.empty()) {
    return std::unexpected("its output has neither a token nor a client certificate");
  }
  const std::string_view expires = status.string("expirationTimestamp");
  if (!expires.empty()) {
    out.expires = text::parse_rfc3339(expires);
    if (!out.expires) return std::unexpected("its output's expirationTimestamp is not an RFC 3339 time");
  }
  return out;
}

std::string exec_info(const ClientConfig& config) {
  std::string out = R"({"kind":"ExecCredential","apiVersion":)";
  spec::append_json(config.exec->api_version, out);
  out += R"(,"spec":{"interactive":false)";
  if (config.exec->provide_cluster_info) {
    out += R"(,"cluster":{"server":)";
    spec::append_json(fmt::format("{}://{}{}", config.tls ? "https" : "http",
                                  host_and_port(config.host, config.port), config.base_path),
                      out);
    if (!config.tls_server_name.empty()) {
      out += R"(,"tls-server-name":)";
      spec::append_json(config.tls_server_name, out);
    }
    if (config.insecure) out += R"(,"insecure-skip-tls-verify":true)";
    const std::string ca =
        config.ca_file.empty() ? config.ca_pem : read_small_file(config.ca_file).value_or(std::string());
    if (!ca.empty()) out += R"(,"certificate-authority-data":")" + text::encode_base64(ca) + '"';
    out += '}';
  }
  return out + "}}";
}

Task<ApiResult<ExecCredential>> run_exec_plugin(const ClientConfig& config, SteadyTime deadline) {
  const ExecPlugin& plugin = *config.exec;
  const auto executor = co_await asio::this_coro::executor;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    co_return std::unexpected(plugin_error(plugin, std::strerror(errno)));
  }
  const auto output = std::make_shared<Output>(executor, ends[0]);
  std::vector<std::string> arguments{plugin.command};
  arguments.insert(arguments.end(), plugin.arguments.begin(), plugin.arguments.end());
  Child child;
  const int failed = child.start(plugin.command, std::move(arguments), environment_for(config), ends[1]);
  ::close(ends[1]);
  if (failed != 0) co_return std::unexpected(cannot_start(plugin, failed));

  asio::steady_timer timer(executor, deadline);
  timer.async_wait([output](const boost::system::error_code& failure) {
    if (!failure) output->give_up();
  });
  const std::string text = co_await read_all(output);
  if (text.size() > kMaxPluginOutput) {
    co_return std::unexpected(plugin_error(plugin, "it prints more than 1 MiB"));
  }
  std::optional<int> status = child.ended();
  while (!status && Clock::now() < deadline) {
    co_await sleep_for(kExitPoll);
    status = child.ended();
  }
  timer.cancel();
  if (!status || output->late) co_return std::unexpected(not_in_time(plugin));
  if (*status != 0) co_return std::unexpected(plugin_error(plugin, exit_text(*status)));
  auto credential = read_exec_credential(text, plugin.api_version);
  if (!credential) co_return std::unexpected(plugin_error(plugin, credential.error()));
  co_return std::move(*credential);
}

}  // namespace modelgate::kube
