#include "experiments/lab/cli.h"

#include <algorithm>

#include "experiments/lab/arguments.h"
#include "experiments/lab/suggest.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;

// The first word that belongs to no option, with what may have been meant.
[[noreturn]] void refuse_word(const Arguments& arguments, const Program& program) {
    const std::string& word = arguments.words.front();
    std::string hint = "settings are typed as --key value";
    if (!arguments.split_list.empty())
        hint = "lists are typed with commas: " + arguments.split_list + " " +
               arguments.typed.at(arguments.split_list) + "," + word;
    for (const Recipe& recipe : program.recipes)
        if (recipe.name == word) hint = "did you mean --recipe " + word + "?";
    throw InputError("", "\"" + word + "\" belongs to no option", hint);
}

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
std::string assign_base(const std::map<std::string, std::string>& typed, const CommandLine& command,
                        const Program& program, Options& options) {
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
        options.assign(toml::read(config->second), config->second);
        return "custom";
    }
    if (command.resume && !command.out.empty()) {
        check_resumable(command.out);
        const fs::path file = command.out / "config.toml";
        options.assign(toml::read(file), file.string());
    }
    return "default";
}

}  // namespace

void add_common(Options& options, CommonSettings& settings) {
    options.add("seed", settings.seed, "seed of all random numbers")
        .range(0, static_cast<double>(kLargestSeed));
    options.add("threads", settings.threads, "threads; 0 takes all; results are the same")
        .range(0, 4096)
        .neutral();
    options.add("precision", settings.precision, "scalar of the training")
        .choices({"float", "double"});
    options.add_check([&options, &settings] {
        if (settings.precision != "float") return;
        for (const Option& option : options.all()) option.check_precision();
    });
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
    const Arguments read = read_arguments(arguments, flags_of(common_options(), options));
    if (!read.words.empty()) refuse_word(read, program);
    const std::map<std::string, std::string>& typed = read.typed;
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
