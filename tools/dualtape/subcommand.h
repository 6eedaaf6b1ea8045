#pragma once
// One word of the command line of `dualtape`: its operands, its options and its work.

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "experiments/lab/cli.h"

namespace dualtape::tools {

// The exit code after an interrupt, as shells have it.
inline constexpr int kInterrupted = 130;

struct Subcommand {
    static constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

    std::string name;
    std::string operands;             // as usage shows them: "RUN|CHECKPOINT"
    std::string purpose;              // one line
    std::size_t least = 1, most = 1;  // numbers of operands that are accepted
    std::vector<lab::Example> examples = {};
    // Fill variables that `run` reads; both share their owner.
    std::shared_ptr<lab::Options> options = std::make_shared<lab::Options>();
    // Returns the exit code: 0 done, 1 a check failed or the work could not be done, kInterrupted.
    std::function<int(const std::vector<std::string>& operands)> run = {};
};

// A call of a subcommand as it can be repeated: options that are as by default are left out.
class CommandWords {
  public:
    // The options have their defaults now.
    CommandWords(std::string subcommand, const lab::Options& defaults);
    // "dualtape spectrum runs/first --top 5 --density true".
    std::string command(const std::vector<std::string>& operands,
                        const lab::Options& options) const;

  private:
    std::string subcommand_;
    std::vector<std::string> defaults_;  // values, in the order of the options
};

// Each is defined in the file of its name.
Subcommand ablate();
Subcommand completion();
Subcommand doctor();
Subcommand fourier();
Subcommand hvp();
Subcommand probe();
Subcommand report();
Subcommand rerun();
Subcommand spectrum();

// In the order of --help.
std::vector<Subcommand> subcommands();

// Reads `dualtape SUBCOMMAND OPERANDS [--option value ...]`, in any order after the subcommand, and
// runs it. Exit codes as those of the experiments.
int run_tool(int argc, const char* const* argv);

// The program of this name beside this one. Throws lab::InputError when there is none.
std::string sibling_program(const std::string& name);

}  // namespace dualtape::tools
