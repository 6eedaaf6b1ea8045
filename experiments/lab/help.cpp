// What --help, --version and --describe print.

#include <algorithm>

#include "experiments/lab/cli.h"
#include "experiments/lab/suggest.h"

namespace dualtape::lab {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kHelpColumn = 28;

std::vector<std::string> recipe_names(const Program& program) {
    std::vector<std::string> names;
    for (const Recipe& recipe : program.recipes) names.push_back(recipe.name);
    return names;
}

std::string setting_entry(const Option& option) {
    std::string facts;
    const auto add = [&](const std::string& fact) {
        if (!fact.empty()) facts += (facts.empty() ? "" : "; ") + fact;
    };
    add(option.unit());
    add(option.rules());
    if (!option.text_value().empty()) add("default " + option.text_value());
    return help_entry(option.flag() + (option.is_boolean() ? " [BOOL]" : " " + option.type_name()),
                      option.help() + (facts.empty() ? "" : " (" + facts + ")"));
}

std::string row(const std::vector<std::string>& cells) {
    std::string line = join(cells, "\t");
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line + "\n";
}

}  // namespace

const std::vector<CommonOption>& common_options() {
    static const std::vector<CommonOption> options = {
        {"--recipe", "NAME", "start from a compiled-in recipe"},
        {"--quick", "", "short for --recipe quick: small sizes, under a minute"},
        {"--config", "FILE", "start from a file such as config.toml of a run"},
        {"--out", "DIR", "folder of this run (default: a new one below runs/)"},
        {"--resume", "",
         "go on with an interrupted run: that of --out, or the newest one with "
         "the same settings"},
        {"--force", "", "replace the run in the folder of --out"},
        {"--dry-run", "", "print sizes and times that are to be expected; write nothing"},
        {"--print-config", "", "print all settings as a file for --config; write nothing"},
        {"--quiet", "", "only warnings and errors on the terminal"},
        {"--stats", "", "print counters, times and memory at the end"},
        {"--version", "", "print version and build"},
        {"--help", "", "print this text"},
        {"--describe", "", "print all options as a table", true},
    };
    return options;
}

// "  --flag VALUE              text", the text wrapped below its own start.
std::string help_entry(const std::string& left, const std::string& text) {
    std::string lines = "  " + left;
    std::size_t column = lines.size();
    if (column + 2 > kHelpColumn) {
        lines += "\n";
        column = 0;
    }
    lines.append(kHelpColumn - column, ' ');
    column = kHelpColumn;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const bool is_first = column == kHelpColumn;
        if (!is_first && column + 1 + (end - begin) > kColumns) {
            lines += "\n" + std::string(kHelpColumn, ' ');
            column = kHelpColumn;
        } else if (!is_first) {
            lines += " ";
            ++column;
        }
        lines += text.substr(begin, end - begin);
        column += end - begin;
        begin = end + 1;
    }
    return lines + "\n";
}

std::string settings_help(const Options& options) {
    std::string text;
    for (const Options::Group& group : options.groups()) {
        std::string entries;
        for (const Option& option : options.all())
            if (option.group() == group.section && !option.hidden())
                entries += setting_entry(option);
        if (!entries.empty()) text += "\n" + group.title + "\n" + entries;
    }
    return text;
}

std::string help_text(const Program& program, const Options& options) {
    std::string text = program.name + " - " + program.question + "\n\nUsage: " + program.name +
                       " [--recipe NAME | --config FILE] [--SETTING VALUE ...]\n";
    text += "\nRun\n";
    for (const CommonOption& option : common_options()) {
        if (option.is_hidden) continue;
        std::string help = option.help;
        if (option.flag == "--recipe" && !program.recipes.empty())
            help += ": " + join(recipe_names(program));
        text += help_entry(option.flag + (option.value.empty() ? "" : " " + option.value), help);
    }
    text += settings_help(options);
    if (program.examples.empty()) return text;
    text += "\nExamples\n";
    for (const Example& example : program.examples)
        text += "  " + program.name + " " + example.arguments + "\n      " + example.meaning + "\n";
    return text;
}

std::string version_text(const std::string& program) {
    const BuildInfo& build = build_info();
    return program + " of dualtape " + build.version + ", commit " + build.git_hash +
           (build.is_dirty ? ", modified" : "") + "\n" + build.compiler + ", preset " +
           build.preset + ", flags " + build.flags + "\nEigen " + build.eigen + "\n";
}

std::string describe_text(const Program& program, const Options& options) {
    std::string text = row({"flag", "type", "values", "default", "group", "help"});
    for (const CommonOption& option : common_options()) {
        const std::string values =
            option.flag == "--recipe" ? join(recipe_names(program), " ") : std::string();
        text += row({option.flag, option.value.empty() ? "SWITCH" : option.value, values, "", "run",
                     option.help});
    }
    for (const Option& option : options.all())
        text += row({option.flag(), option.type_name(), join(option.choices(), " "),
                     option.text_value(), option.group(), option.help()});
    return text;
}

}  // namespace dualtape::lab
