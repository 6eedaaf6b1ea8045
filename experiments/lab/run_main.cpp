// run_main: the frame around the work of every experiment.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>

#include "experiments/lab/cli.h"
#include "experiments/lab/figure.h"
#include "experiments/lab/standard_streams.h"
#include "experiments/lab/table.h"
#include "experiments/lab/threads.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;

const char* hint_of(const fs::filesystem_error& error) {
    return error.code() == std::errc::filename_too_long ? "choose a place with a shorter name"
                                                        : "check the folder and its permissions";
}

std::string printable_time(const std::string& utc) {
    std::string digits = utc;  // 2026-03-01T12:00:00Z becomes 20260301-120000
    std::erase_if(digits, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
    std::replace(digits.begin(), digits.end(), 'T', '-');
    return digits;
}

std::int64_t integer_setting(const Options& options, const char* key) {
    std::int64_t value = 0;
    if (const Option* option = options.find(key)) toml::read_integer(option->text_value(), value);
    return value;
}

std::string text_setting(const Options& options, const char* key) {
    const Option* option = options.find(key);
    return option ? option->text_value() : "";
}

// 1.2 GB
std::string format_bytes(double bytes) {
    if (!(bytes >= 0)) return "?";
    const char* units[] = {"B", "kB", "MB", "GB", "TB"};
    int unit = 0;
    for (; bytes >= 1000 && unit < 4; ++unit) bytes /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}

void print_estimates(const Program& program) {
    if (!program.estimate) {
        std::cout << "the settings are valid; " << program.name << " offers no estimate\n";
        return;
    }
    std::cout << "task\tparameters\tsteps\tmemory\ttime\n";
    for (const Estimate& estimate : program.estimate())
        std::cout << estimate.task << '\t' << estimate.parameters << '\t' << estimate.steps << '\t'
                  << format_bytes(estimate.bytes) << '\t' << format_duration(estimate.seconds)
                  << '\n';
}

bool has_recipe(const Program& program, std::string_view name) {
    return std::any_of(program.recipes.begin(), program.recipes.end(),
                       [&](const Recipe& recipe) { return recipe.name == name; });
}

void print_statistics(const Manifest& manifest, double wall_seconds) {
    std::cerr << "wall time    " << format_duration(wall_seconds) << "\nCPU time     "
              << format_duration(cpu_seconds()) << "\npeak memory  "
              << format_bytes(static_cast<double>(peak_memory_bytes())) << '\n';
    for (const auto& [name, value] : manifest.counters())
        std::cerr << name << "  " << format_number(value) << '\n';
}

// A run from its folder to its mark. What goes wrong is stored there and printed; finish() gives
// the exit code.
class Attempt {
  public:
    Attempt(const CommandLine& command, const Program& program, const Options& options, Log& log,
            std::vector<std::string> argv)
        : program_(program),
          command_name_(argv.front()),
          log_(log),
          has_statistics_(command.stats),
          threads_(integer_setting(options, "threads")),
          folder_({.program = program.name,
                   .recipe = command.recipe,
                   .seed = integer_setting(options, "seed"),
                   .out = command.out,
                   .resume = command.resume,
                   .force = command.force,
                   .time = printable_time(utc_now()),
                   .tables = program.tables},
                  options),
          progress_(std::cerr, detect_progress_style(command.quiet), steady_seconds,
                    terminal_columns()) {
        log_.set_before_line([this] { progress_.wipe(); });
        log_.open(folder_.file("log.txt"));
        manifest_.start({.program = program.name,
                         .question = program.question,
                         .recipe = command.recipe,
                         .settings_hash = folder_.settings_hash(),
                         .scalar = text_setting(options, "precision"),
                         .argv = std::move(argv),
                         .seed = integer_setting(options, "seed"),
                         .threads = usable_threads(threads_)},
                        folder_.file("manifest.json"), folder_.is_resumed());
    }
    ~Attempt() { log_.set_before_line({}); }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    int run() {
        int code = kFailed;
        watch_interrupts("error: interrupted\nhint:  " + resume_hint() + "\n");
        try {
            manifest_.write("started", "", {});
            log_.info((folder_.is_resumed() ? "resuming in " : "writing to ") +
                      folder_.path().string());
            const std::string advice = threads_advice(threads_);
            if (!advice.empty()) log_.info(advice);
            Run run{folder_, manifest_, log_, progress_};
            const Outcome outcome = program_.run(run);
            progress_.finish();
            complete(outcome);
            code = outcome.is_done ? kDone : kFailed;
        } catch (const Interrupted&) {
            code = interrupted();
        } catch (const InputError& error) {
            const bool can_go_on = error.exit_code() == kFailed;  // a full disk, say
            code = failed(error.what(), error.hint() + (can_go_on ? ": " + resume_command() : ""),
                          error.exit_code());
        } catch (const fs::filesystem_error& error) {
            code = failed(error.what(), hint_of(error), kFailed);
        } catch (const std::bad_alloc&) {
            code = failed("not enough memory", "choose smaller sizes; --dry-run shows the needs",
                          kFailed);
        } catch (const std::exception& error) {
            code = failed(error.what(),
                          "this is a mistake in the program: please report it with " +
                              (folder_.path() / "log.txt").string(),
                          kFailed);
        }
        if (has_statistics_) print_statistics(manifest_, steady_seconds() - start_seconds_);
        return code;
    }

  private:
    // The report is drawn from the manifest, and the mark is written last.
    void complete(const Outcome& outcome) {
        manifest_.write(outcome.is_done ? "done" : "failed", outcome.reason, log_.warnings());
        fs::path result = folder_.path();
        if (program_.report) {
            program_.report(folder_.path());
            if (fs::exists(folder_.path() / "report.html")) result /= "report.html";
        }
        if (outcome.is_done) {
            folder_.mark_done();
            log_.note("done");
        } else {
            folder_.mark_failed(outcome.reason);
            log_.error(outcome.reason, "");
        }
        std::cout << result.string() << std::endl;
    }

    std::string resume_command() const {
        return shell_word(command_name_) + " --resume --out " + shell_word(folder_.path().string());
    }

    int interrupted() {
        progress_.finish();
        try {
            manifest_.write("interrupted", "stopped by a signal", log_.warnings());
        } catch (const std::exception& error) {
            log_.warn(error.what());
        }
        log_.error("interrupted", resume_hint());
        return kInterrupted;
    }

    std::string resume_hint() const { return "go on with: " + resume_command(); }

    // The disk may be full: then neither the manifest nor the mark can be written, and what is
    // there stays as it is. An unmarked folder counts as unfinished.
    int failed(const std::string& reason, const std::string& hint, int code) {
        progress_.finish();
        try {
            folder_.mark_failed(reason);
            manifest_.write("failed", reason, log_.warnings());
        } catch (const std::exception& error) {
            log_.note(error.what());
        }
        log_.error(reason, hint);
        return code;
    }

    const Program& program_;
    std::string command_name_;
    Log& log_;
    bool has_statistics_;
    std::int64_t threads_;  // as asked for
    double start_seconds_ = steady_seconds();
    RunFolder folder_;
    Progress progress_;
    Manifest manifest_;
};

int perform(const CommandLine& command, const Program& program, const Options& options, Log& log,
            std::vector<std::string> argv) {
    switch (command.action) {
        case CommandLine::Action::help:
            std::cout << help_text(program, options);
            break;
        case CommandLine::Action::version:
            std::cout << version_text(program.name);
            break;
        case CommandLine::Action::describe:
            std::cout << describe_text(program, options);
            break;
        case CommandLine::Action::print_config:
            std::cout << options.to_toml();
            break;
        case CommandLine::Action::dry_run:
            print_estimates(program);
            break;
        case CommandLine::Action::run: {
            // A limit on file sizes and a closed pipe become errors of the call that met them.
            std::signal(SIGXFSZ, SIG_IGN);
            std::signal(SIGPIPE, SIG_IGN);
            watch_interrupts();
            if (argv.size() == 1 && has_recipe(program, "quick")) {
                log.info(
                    "the default settings, which take a while: see --dry-run; --recipe quick "
                    "gives a first look");
            }
            return Attempt(command, program, options, log, std::move(argv)).run();
        }
    }
    return kDone;
}

}  // namespace

void Run::result(std::string_view line) const {
    progress.wipe();
    std::cout << line << std::endl;
    log.note(line);
}

int report_errors(Log& log, const std::function<int()>& body) {
    try {
        const int code = body();
        if (!std::cout.flush()) {
            log.error("stdout: cannot be written", "check where the output goes");
            return code == kDone ? kFailed : code;
        }
        return code == kDone && has_lost_figures() ? kFiguresMissing : code;
    } catch (const Interrupted&) {
        log.error("interrupted", "repeat the command");
        return kInterrupted;
    } catch (const InputError& error) {
        log.error(error.what(), error.hint());
        return error.exit_code();
    } catch (const fs::filesystem_error& error) {
        log.error(error.what(), hint_of(error));
        return kUsage;
    } catch (const std::bad_alloc&) {
        log.error("not enough memory", "choose smaller sizes");
        return kFailed;
    } catch (const std::exception& error) {
        log.error(error.what(), "this is a mistake in the program: please report it");
        return kFailed;
    }
}

int run_main(int argc, const char* const* argv, const Program& program, Options& options) {
    open_standard_streams();
    const std::vector<std::string> words(argv, argv + argc);
    const std::vector<std::string> arguments(words.begin() + std::min(argc, 1), words.end());
    Log errors(std::cerr, false);
    return report_errors(errors, [&] {
        const CommandLine command = parse_command_line(arguments, program, options);
        Log log(std::cerr, command.quiet);
        return perform(command, program, options, log, words);
    });
}

}  // namespace dualtape::lab
