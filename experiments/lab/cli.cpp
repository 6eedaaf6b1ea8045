#include "experiments/lab/cli.h"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>

#include "experiments/lab/files.h"
#include "experiments/lab/suggest.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;

bool is_flag(const std::string& argument) { return argument.starts_with("--"); }
std::string flag_of(const std::string& argument) { return argument.substr(0, argument.find('=')); }

bool is_boolean_word(const std::string& word) {
    for (const char* known : {"true", "false", "yes", "no", "on", "off", "1", "0"})
        if (word == known) return true;
    return false;
}

// The values that were typed after each flag; a switch has the value "true".
using Typed = std::map<std::string, std::string>;

// Reads arguments into Typed. CLI11 takes the words apart; the refusals are ours. Values reach it
// as --flag==value, the second = being part of the value: so values may be empty or start with a
// hyphen, and CLI11 leaves brackets and quotes in them alone.
class Reader {
  public:
    Reader(const Program& program, const Options& options) : program_(program) {
        app_.set_help_flag();
        app_.allow_extras();
        for (const CommonOption& option : common_options())
            add(option.flag, !option.value.empty(), option.value);
        for (const Option& option : options.all()) {
            add(option.flag(), true, option.type_name());
            if (option.is_boolean()) booleans_.push_back(option.flag());
            if (option.is_list()) lists_.push_back(option.flag());
        }
    }

    Typed read(const std::vector<std::string>& arguments) {
        std::vector<std::string> words = joined(arguments);
        std::reverse(words.begin(), words.end());  // the order that CLI11 wants
        try {
            app_.parse(words);
        } catch (const CLI::ParseError& error) {
            throw InputError("", error.what(), "--help lists all options");
        }
        const std::vector<std::string> unknown = app_.remaining();
        if (!unknown.empty()) refuse(unknown.front(), arguments);
        Typed typed;
        for (const auto& [flag, handle] : handles_) {
            if (handle->count() > 1)
                throw InputError(flag, "is given twice", "keep one of the two");
            if (handle->count() == 1)
                typed[flag] = types_.count(flag) > 0 ? handle->results().front().substr(1) : "true";
        }
        return typed;
    }

  private:
    void add(const std::string& flag, bool has_value, const std::string& type) {
        CLI::Option* handle = nullptr;
        if (has_value) {
            handle = app_.add_option(flag)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
            types_[flag] = type;
        } else {
            handle = app_.add_flag(flag)->disable_flag_override();
        }
        handles_[flag] = handle;
        names_.push_back(flag.substr(2));
    }

    bool is_known(const std::string& flag) const { return handles_.count(flag) > 0; }
    static bool contains(const std::vector<std::string>& words, const std::string& word) {
        return std::find(words.begin(), words.end(), word) != words.end();
    }

    // --flag value and --flag=value become --flag==value.
    std::vector<std::string> joined(const std::vector<std::string>& arguments) const {
        std::vector<std::string> words;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const std::string& word = arguments[i];
            const std::string flag = flag_of(word);
            const bool has_own_value = flag.size() < word.size();
            const bool has_next = i + 1 < arguments.size();
            const auto type = types_.find(flag);
            if (type == types_.end()) {
                if (has_own_value && is_known(flag))
                    throw InputError(flag, "takes no value", "write " + flag);
                words.push_back(word);
            } else if (has_own_value) {
                words.push_back(flag + "=" + word.substr(flag.size()));
            } else if (contains(booleans_, flag)) {
                const bool is_given = has_next && is_boolean_word(arguments[i + 1]);
                words.push_back(flag + "==" + (is_given ? arguments[++i] : "true"));
            } else if (!has_next || is_known(flag_of(arguments[i + 1]))) {
                throw InputError(flag, "needs a value", "write " + flag + " " + type->second);
            } else {
                words.push_back(flag + "==" + arguments[++i]);
            }
        }
        return words;
    }

    [[noreturn]] void refuse(const std::string& word,
                             const std::vector<std::string>& arguments) const {
        if (word.starts_with("-")) {
            const std::string flag = flag_of(word);
            const std::size_t hyphens = std::min(flag.find_first_not_of('-'), flag.size());
            const std::string nearest = nearest_word(flag.substr(hyphens), names_);
            throw InputError(flag, "unknown option",
                             nearest.empty()
                                 ? "--help lists all options"
                                 : "did you mean --" + nearest + "?  --help lists all options");
        }
        for (const Recipe& recipe : program_.recipes)
            if (recipe.name == word)
                throw InputError("", "\"" + word + "\" belongs to no option",
                                 "did you mean --recipe " + word + "?");
        const auto at = std::find(arguments.begin(), arguments.end(), word);
        const bool is_after_list =
            at - arguments.begin() >= 2 && contains(lists_, *(at - 2)) && !is_flag(*(at - 1));
        throw InputError("", "\"" + word + "\" belongs to no option",
                         is_after_list ? "lists are typed with commas: " + *(at - 2) + " " +
                                             *(at - 1) + "," + word
                                       : "settings are typed as --key value");
    }

    const Program& program_;
    CLI::App app_;
    std::map<std::string, CLI::Option*> handles_;
    std::map<std::string, std::string> types_;  // of the flags that take a value
    std::vector<std::string> names_;            // without hyphens
    std::vector<std::string> booleans_, lists_;
};

const Recipe& find_recipe(const Program& program, const std::string& name) {
    std::vector<std::string> names;
    for (const Recipe& recipe : program.recipes) {
        if (recipe.name == name) return recipe;
        names.push_back(recipe.name);
    }
    const std::string nearest = nearest_word(name, names);
    if (names.empty())
        throw InputError("--recipe " + name, program.name + " has no recipes",
                         "--config FILE reads a file");
    throw InputError("--recipe " + name, "no such recipe",
                     nearest.empty()
                         ? "the recipes are " + join(names)
                         : "did you mean " + nearest + "?  the recipes are " + join(names));
}

// Assigns what stands below the command line: a recipe, a file, or the settings of a run that is
// resumed. Returns the name for the folder.
std::string assign_base(const Typed& typed, const CommandLine& command, const Program& program,
                        Options& options) {
    const bool is_quick = typed.count("--quick") > 0;
    const auto recipe = typed.find("--recipe");
    const auto config = typed.find("--config");
    const bool has_recipe = is_quick || recipe != typed.end();
    const std::string flag = is_quick ? "--quick" : "--recipe";
    if (has_recipe && config != typed.end())
        throw InputError(flag, "cannot be combined with --config",
                         "start from one of the two and change settings with --key value");
    if (is_quick && recipe != typed.end() && recipe->second != "quick")
        throw InputError("--quick", "cannot be combined with --recipe " + recipe->second,
                         "--quick is short for --recipe quick");
    if (has_recipe) {
        const Recipe& found = find_recipe(program, is_quick ? "quick" : recipe->second);
        const std::string where = found.name + ".toml";
        options.assign(toml::parse(found.toml, where), where);
        return found.name;
    }
    if (config != typed.end()) {
        options.assign(toml::parse(read_file(config->second), config->second), config->second);
        return "custom";
    }
    if (command.resume && !command.out.empty()) {
        const fs::path file = command.out / "config.toml";
        if (!fs::exists(file))
            throw InputError(command.out.string(), "holds no run to resume",
                             "leave out --resume to start one");
        options.assign(toml::parse(read_file(file), file.string()), file.string());
    }
    return "default";
}

}  // namespace

void add_common(Options& options, CommonSettings& settings) {
    options.add("seed", settings.seed, "seed of all random numbers").at_least(0);
    options.add("threads", settings.threads, "threads; 0 takes all; results are the same")
        .range(0, 4096)
        .neutral();
    options.add("precision", settings.precision, "scalar of the training")
        .choices({"float", "double"});
}

CommandLine parse_command_line(const std::vector<std::string>& arguments, const Program& program,
                               Options& options) {
    using Action = CommandLine::Action;
    CommandLine command;
    const auto asks_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
    // Before anything else: help is for those whose command is not right yet.
    if (std::any_of(arguments.begin(), arguments.end(), asks_help)) {
        command.action = Action::help;
        return command;
    }
    const Typed typed = Reader(program, options).read(arguments);
    const auto is_given = [&](const char* flag) { return typed.count(flag) > 0; };
    const std::pair<const char*, Action> actions[] = {{"--version", Action::version},
                                                      {"--describe", Action::describe},
                                                      {"--print-config", Action::print_config},
                                                      {"--dry-run", Action::dry_run}};
    for (const auto& [flag, action] : actions) {
        if (!is_given(flag)) continue;
        command.action = action;
        break;
    }
    if (command.action == Action::version || command.action == Action::describe) return command;

    command.resume = is_given("--resume");
    command.force = is_given("--force");
    command.quiet = is_given("--quiet");
    command.stats = is_given("--stats");
    if (is_given("--out")) command.out = typed.at("--out");
    for (const CommonOption& option : common_options())
        if (is_given(option.flag.c_str()) && typed.at(option.flag).empty())
            throw InputError(option.flag, "needs a value",
                             "write " + option.flag + " " + option.value);
    if (command.resume && command.force)
        throw InputError("--resume", "cannot be combined with --force",
                         "--resume goes on with a run, --force starts it anew");

    command.recipe = assign_base(typed, command, program, options);
    for (Option& option : options.all()) {
        const auto value = typed.find(option.flag());
        if (value != typed.end()) option.assign(value->second, option.flag() + " " + value->second);
    }
    options.run_checks();
    return command;
}

}  // namespace dualtape::lab
