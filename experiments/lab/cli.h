#pragma once
// The command line of every experiment, and the frame around its work.
//
// A complete experiment:
//
//   struct Config : lab::CommonSettings {
//       std::int64_t p = 97;
//       std::vector<std::int64_t> depths{1, 2};
//       double learning_rate = 1e-3;
//   };
//
//   lab::Outcome run_experiment(const Config& config, lab::Run& run) {
//       lab::ProgressTask& task = run.progress.add("depth 1", 100, 0);
//       for (std::int64_t step = 1; step <= 100; ++step) {
//           task.at(step);                                 // after the update of theta
//           if (lab::is_interrupted()) throw lab::Interrupted();  // after a checkpoint
//       }
//       run.manifest.add_number({.name = "final_loss", .value = 0.1});
//       return lab::Outcome::done();
//   }
//
//   int main(int argc, char** argv) {
//       Config config;
//       lab::Options options;
//       lab::add_common(options, config);
//       options.group("model", "Model");
//       options.add("depths", config.depths, "hidden layers, one model each").range(1, 16);
//       options.group("train", "Training");
//       options.add("learning_rate", config.learning_rate, "step size of the optimiser").above(0);
//       return lab::run_main(argc, argv,
//                            {.name = "grokking_hessian",
//                             .question = "How does sharpness move with depth?",
//                             .recipes = lab::compiled_recipes(),
//                             .examples = {{"--recipe quick", "the figures in under a minute"}},
//                             .run = [&](lab::Run& run) { return run_experiment(config, run); }},
//                            options);
//   }

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/lab/arguments.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/log.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/options.h"
#include "experiments/lab/progress.h"
#include "experiments/lab/run_folder.h"
#include "experiments/lab/shell_word.h"

namespace dualtape::lab {

// Settings that every experiment has; its Config derives from this.
struct CommonSettings {
    std::int64_t seed = 0;     // of a run over several seeds: the first one
    std::int64_t threads = 0;  // 0: as many as the machine has
    std::string precision = "float";
};
void add_common(Options& options, CommonSettings& settings);

// Calls body.operator()<float>() or <double>() and returns its result.
template <class Body>
decltype(auto) with_precision(const std::string& precision, Body&& body) {
    if (precision == "double") return body.template operator()<double>();
    return body.template operator()<float>();
}

// A recipe: a TOML file that was compiled into the binary.
struct Recipe {
    std::string name;
    std::string toml;
};
// Defined in the file that dualtape_add_experiment (tools/cmake/Recipes.cmake) generates.
std::vector<Recipe> compiled_recipes();

// How a run ended when it was not stopped by an exception.
struct Outcome {
    static Outcome done() { return {}; }
    static Outcome failed(std::string reason) { return {false, std::move(reason)}; }

    bool is_done = true;
    std::string reason;  // one line: "depth 7 diverged at step 812: the loss is nan"
};

// What an experiment works with; everything lives as long as the run.
struct Run {
    RunFolder& folder;
    Manifest& manifest;
    Log& log;
    Progress& progress;

    // A line on stdout, which carries results only.
    void result(std::string_view line) const;
};

// One row of --dry-run. Bytes and seconds are estimates, NaN when unknown.
struct Estimate {
    std::string task;
    std::int64_t parameters = 0;
    std::int64_t steps = 0;
    double bytes = 0;
    double seconds = 0;
};

struct Example {
    std::string arguments;
    std::string meaning;
};

struct Program {
    std::string name = {};
    std::string question = {};  // one sentence
    std::vector<Recipe> recipes = {};
    std::vector<Example> examples = {};                    // the end of --help; two are enough
    std::function<std::vector<Estimate>()> estimate = {};  // --dry-run; may stay empty
    std::vector<std::string> tables = {};  // names of the tables and summaries that `run` writes
    std::function<Outcome(Run&)> run = {};
    // Writes report.html from the files of the folder, once the manifest is complete.
    std::function<void(const std::filesystem::path&)> report = {};
};

// Reads the command line, prepares the folder, calls run and report, completes the folder and
// prints the path of the report (of the folder, when there is none) as the last line of stdout.
// Gives one of ExitCode.
int run_main(int argc, const char* const* argv, const Program& program, Options& options);

// Calls body and gives its exit code. What it throws is printed, with its hint, and becomes an
// ExitCode; so does a stdout that cannot be written, and a figure that could not be drawn.
int report_errors(Log& log, const std::function<int()>& body);

// What the command line asks for, besides the settings, which are assigned to `options`.
struct CommandLine {
    enum class Action { run, help, version, print_config, describe, dry_run };

    Action action = Action::run;
    std::string recipe = "default";  // or the name, or "custom" for --config
    std::filesystem::path out;
    bool resume = false;
    bool force = false;
    bool quiet = false;
    bool stats = false;
};

// Throws InputError. With --resume --out DIR and neither recipe nor file, the settings of
// DIR/config.toml come first.
CommandLine parse_command_line(const std::vector<std::string>& arguments, const Program& program,
                               Options& options);
std::string help_text(const Program& program, const Options& options);
// The part of a help text that lists settings, by group.
std::string settings_help(const Options& options);
// A flag or word, and what it does, laid out as in all help texts.
std::string help_entry(const std::string& left, const std::string& text);
std::string version_text(const std::string& program);
// Every option as a row of TSV, hidden ones included: what shell completion is made of.
std::string describe_text(const Program& program, const Options& options);

// Options of every experiment that are no settings: --recipe, --out, ...
const std::vector<CommonOption>& common_options();

}  // namespace dualtape::lab
