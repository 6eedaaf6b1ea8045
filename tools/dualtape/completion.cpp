// dualtape completion: one script for the shell, from the options that every program lists itself.

#include <iostream>
#include <sstream>

#include "experiments/lab/child.h"
#include "experiments/lab/suggest.h"
#include "experiments/study/setup.h"
#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

namespace {

// A flag and the words its value is one of; none when the value is free, a file or absent.
struct Completed {
    std::string flag, help;
    std::vector<std::string> values;
};

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
    return parts;
}

// What `program --describe` prints: flag, type, values, default, group, help.
std::vector<Completed> describe(const std::string& program) {
    std::vector<Completed> all;
    const lab::ChildEnd result =
        lab::run_child({.program = sibling_program(program), .arguments = {"--describe"}});
    for (const std::string& line : split(result.text, '\n')) {
        const std::vector<std::string> cells = split(line, '\t');
        if (cells.size() < 6 || !cells[0].starts_with("--")) continue;
        all.push_back({cells[0], cells[5], split(cells[2], ' ')});
    }
    return all;
}

std::vector<Completed> describe(const Subcommand& subcommand) {
    std::vector<Completed> all{{"--help", "print the options", {}}};
    for (const lab::Option& option : subcommand.options->all()) {
        all.push_back({option.flag(), option.help(), option.choices()});
    }
    return all;
}

std::string flags(const std::vector<Completed>& all) {
    std::vector<std::string> words;
    for (const Completed& completed : all) words.push_back(completed.flag);
    return lab::join(words, " ");
}

// Bash: the flag before the word decides; after a subcommand its own flags are offered.
std::string bash_cases(const std::vector<Completed>& all, const std::string& indent) {
    std::string text;
    for (const Completed& completed : all) {
        if (completed.values.empty()) continue;
        text +=
            indent + completed.flag + ") words=\"" + lab::join(completed.values, " ") + "\" ;;\n";
    }
    return text + indent + "*) words=\"" + flags(all) + "\" ;;\n";
}

std::string bash() {
    std::string text = "# completion of the programs of dualtape for bash\n";
    const std::string head =
        "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words\n";
    const std::string tail =
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        "    [ -n \"${COMPREPLY[*]}\" ] || COMPREPLY=($(compgen -f -- \"$current\"))\n}\n";
    for (const std::string& program : study::programs()) {
        text += "_" + program + "() {\n" + head + "    case $before in\n" +
                bash_cases(describe(program), "    ") + "    esac\n" + tail + "complete -F _" +
                program + " " + program + "\n";
    }
    std::vector<std::string> names;
    std::string cases;
    for (const Subcommand& subcommand : subcommands()) {
        names.push_back(subcommand.name);
        cases += "    " + subcommand.name + ") case $before in\n" +
                 bash_cases(describe(subcommand), "        ") + "        esac ;;\n";
    }
    return text + "_dualtape() {\n" + head + "    if [ \"$COMP_CWORD\" = 1 ]; then words=\"" +
           lab::join(names, " ") + " --help --version\"; else case ${COMP_WORDS[1]} in\n" + cases +
           "    esac; fi\n" + tail + "complete -F _dualtape dualtape\n";
}

// Zsh reads bash's functions through bashcompinit.
std::string zsh() {
    return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" +
           bash();
}

std::string fish_quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "'";
}

std::string fish_lines(const std::string& program, const std::string& condition,
                       const std::vector<Completed>& all) {
    std::string text;
    for (const Completed& completed : all) {
        text += "complete -c " + program + condition + " -l " + completed.flag.substr(2);
        if (!completed.values.empty()) {
            text += " -x -a " + fish_quoted(lab::join(completed.values, " "));
        }
        text += " -d " + fish_quoted(completed.help) + "\n";
    }
    return text;
}

std::string fish() {
    std::string text = "# completion of the programs of dualtape for fish\n";
    for (const std::string& program : study::programs()) {
        text += fish_lines(program, "", describe(program));
    }
    for (const Subcommand& subcommand : subcommands()) {
        text += "complete -c dualtape -n __fish_use_subcommand -a " + subcommand.name + " -d " +
                fish_quoted(subcommand.purpose) + "\n" +
                fish_lines("dualtape", " -n '__fish_seen_subcommand_from " + subcommand.name + "'",
                           describe(subcommand));
    }
    return text;
}

}  // namespace

Subcommand completion() {
    Subcommand self{.name = "completion",
                    .operands = "bash|zsh|fish",
                    .purpose = "print a script that completes the options of all programs",
                    .examples = {{"bash > ~/.local/share/bash-completion/completions/dualtape",
                                  "from the next shell on"}}};
    self.run = [](const std::vector<std::string>& operands) {
        const std::string& shell = operands[0];
        if (shell != "bash" && shell != "zsh" && shell != "fish") {
            throw lab::InputError("completion " + shell, "there is no script for this shell",
                                  "choose bash, zsh or fish");
        }
        std::cout << (shell == "bash" ? bash() : shell == "zsh" ? zsh() : fish());
        return 0;
    };
    return self;
}

}  // namespace dualtape::tools
