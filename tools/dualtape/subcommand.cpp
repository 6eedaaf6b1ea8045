#include "tools/dualtape/subcommand.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "experiments/lab/standard_streams.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/threads.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;
using lab::InputError;

constexpr const char* kName = "dualtape";

std::string overview() {
    std::string text =
        "dualtape - curvature and circuits of trained networks, from run folders and "
        "checkpoints\n\n"
        "Usage: dualtape SUBCOMMAND OPERANDS [--OPTION VALUE ...]\n\nSubcommands\n";
    for (const Subcommand& subcommand : subcommands()) {
        text += lab::help_entry(subcommand.name + " " + subcommand.operands, subcommand.purpose);
    }
    return text + "\nOptions\n" +
           lab::help_entry("--help", "print this text, or that of a subcommand") +
           lab::help_entry("--version", "print version and build");
}

// "dualtape rerun RUN".
std::string usage_of(const Subcommand& subcommand) {
    const std::string usage = std::string(kName) + " " + subcommand.name;
    return subcommand.operands.empty() ? usage : usage + " " + subcommand.operands;
}

std::string help(const Subcommand& subcommand) {
    const std::string usage = std::string(kName) + " " + subcommand.name;
    std::string text = usage + " - " + subcommand.purpose + "\n\nUsage: " + usage_of(subcommand) +
                       " [--OPTION VALUE ...]\n" + lab::settings_help(*subcommand.options);
    if (!subcommand.examples.empty()) text += "\nExamples\n";
    for (const lab::Example& example : subcommand.examples) {
        text += "  " + usage + " " + example.arguments + "\n      " + example.meaning + "\n";
    }
    return text;
}

Subcommand find(const std::string& name) {
    std::vector<std::string> names;
    for (Subcommand& subcommand : subcommands()) {
        if (subcommand.name == name) return std::move(subcommand);
        names.push_back(subcommand.name);
    }
    const std::string nearest = lab::nearest_word(name, names);
    throw InputError("", "\"" + name + "\" is no subcommand",
                     nearest.empty() ? "there are " + lab::join(names)
                                     : "did you mean " + nearest + "?  dualtape --help lists all");
}

int perform(std::vector<std::string> arguments) {
    const auto asks = [&](const char* flag) {
        return std::find(arguments.begin(), arguments.end(), flag) != arguments.end();
    };
    const bool has_subcommand = !arguments.empty() && !arguments[0].starts_with("-");
    if (!has_subcommand) {
        if (arguments.empty()) {
            throw InputError("", "a subcommand is missing", "dualtape --help lists them");
        }
        if (asks("--help") || asks("-h")) {
            std::cout << overview();
        } else if (asks("--version")) {
            std::cout << lab::version_text(kName);
        } else {
            throw InputError(arguments[0], "stands before the subcommand",
                             "write dualtape SUBCOMMAND first; dualtape --help lists them");
        }
        return 0;
    }
    const Subcommand subcommand = find(arguments[0]);
    arguments.erase(arguments.begin());
    if (asks("--help") || asks("-h")) {
        std::cout << help(subcommand);
        return 0;
    }
    const lab::Arguments read =
        lab::read_arguments(arguments, lab::flags_of({}, *subcommand.options));
    for (lab::Option& option : subcommand.options->all()) {
        const auto value = read.typed.find(option.flag());
        if (value != read.typed.end()) {
            option.assign(value->second, option.flag() + " " + value->second);
        }
    }
    subcommand.options->run_checks();
    const std::vector<std::string>& operands = read.words;
    const std::string usage = "usage: " + usage_of(subcommand);
    if (operands.size() < subcommand.least) {
        throw InputError("", subcommand.operands + " is missing", usage);
    }
    if (operands.size() > subcommand.most) {
        throw InputError("", "\"" + operands[subcommand.most] + "\" is one operand too many",
                         usage);
    }
    if (const lab::Option* threads = subcommand.options->find("threads")) {
        const std::string advice = lab::threads_advice(std::stoll(threads->text_value()));
        if (!advice.empty()) std::cerr << advice << '\n';
    }
    return subcommand.run(operands);
}

}  // namespace

CommandWords::CommandWords(std::string subcommand, const lab::Options& defaults)
    : subcommand_(std::move(subcommand)) {
    for (const lab::Option& option : defaults.all()) defaults_.push_back(option.text_value());
}

std::string CommandWords::command(const std::vector<std::string>& operands,
                                  const lab::Options& options) const {
    std::string text = std::string(kName) + " " + subcommand_;
    for (const std::string& operand : operands) text += " " + lab::shell_word(operand);
    for (std::size_t i = 0; i < defaults_.size(); ++i) {
        const lab::Option& option = options.all()[i];
        const std::string value = option.text_value();
        // The results are there when this is read, so a repetition replaces them.
        if (option.key() == "force") {
            text += " --force";
        } else if (value != defaults_[i]) {
            text += " " + option.flag() + " " + lab::shell_word(value);
        }
    }
    return text;
}

int run_tool(int argc, const char* const* argv) {
    lab::open_standard_streams();
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    lab::Log log(std::cerr, false);
    return lab::report_errors(log, [&] {
        return perform({argv + std::min(argc, 1), argv + argc});
    });
}

std::string sibling_program(const std::string& name) {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    const fs::path program = (error ? fs::path(".") : self.parent_path()) / name;
    if (fs::exists(program)) return program.string();
    throw InputError(program.string(), "there is no such program",
                     "build it with  cmake --build --preset release --target " + name);
}

}  // namespace dualtape::tools
