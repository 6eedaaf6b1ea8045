#include "experiments/lab/arguments.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"

namespace dualtape::lab {
namespace {

std::string flag_of(const std::string& argument) { return argument.substr(0, argument.find('=')); }

bool is_boolean_word(const std::string& word) {
    for (const char* known : {"true", "false", "yes", "no", "on", "off", "1", "0"})
        if (word == known) return true;
    return false;
}

// CLI11 takes the words apart; the refusals are ours. Values reach it as --flag==value, the second
// = being part of the value: so values may be empty or start with a hyphen, and CLI11 leaves
// brackets and quotes in them alone.
class Reader {
  public:
    explicit Reader(const std::vector<Flag>& flags) {
        app_.set_help_flag();
        app_.allow_extras();
        for (const Flag& flag : flags) {
            flags_[flag.name] = flag;
            names_.push_back(flag.name.substr(2));
            handles_[flag.name] = flag.type.empty()
                                      ? app_.add_flag(flag.name)->disable_flag_override()
                                      : app_.add_option(flag.name)->multi_option_policy(
                                            CLI::MultiOptionPolicy::TakeAll);
        }
    }

    Arguments read(const std::vector<std::string>& arguments) {
        Arguments read;
        std::vector<std::string> words = joined(arguments, read);
        std::reverse(words.begin(), words.end());  // the order that CLI11 wants
        try {
            app_.parse(words);
        } catch (const CLI::ParseError& error) {
            throw InputError("", error.what(), "--help lists all options");
        }
        for (const auto& [name, handle] : handles_) {
            if (handle->count() > 1)
                throw InputError(name, "is given twice", "keep one of the two");
            if (handle->count() == 0) continue;
            read.typed[name] =
                flags_[name].type.empty() ? "true" : handle->results().front().substr(1);
        }
        return read;
    }

  private:
    bool is_known(const std::string& flag) const { return flags_.count(flag) > 0; }

    // --flag value and --flag=value become --flag==value; words of no flag go to `read`.
    std::vector<std::string> joined(const std::vector<std::string>& arguments,
                                    Arguments& read) const {
        std::vector<std::string> words;
        std::string after;  // the flag whose value was the last word
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const std::string& word = arguments[i];
            const std::string name = flag_of(word);
            const auto flag = flags_.find(name);
            if (!word.starts_with("-") || word == "-") {
                const auto list = flags_.find(after);
                read.words.push_back({word, after, list != flags_.end() && list->second.is_list});
                continue;
            }
            if (flag == flags_.end()) refuse(name);
            const bool has_own_value = name.size() < word.size();
            const bool has_next = i + 1 < arguments.size();
            after.clear();
            if (flag->second.type.empty()) {
                if (has_own_value) throw InputError(name, "takes no value", "write " + name);
                words.push_back(word);
            } else if (has_own_value) {
                words.push_back(name + "=" + word.substr(name.size()));
            } else if (flag->second.is_boolean) {
                const bool is_given = has_next && is_boolean_word(arguments[i + 1]);
                words.push_back(name + "==" + (is_given ? arguments[++i] : "true"));
            } else if (!has_next || is_known(flag_of(arguments[i + 1]))) {
                throw InputError(name, "needs a value", "write " + name + " " + flag->second.type);
            } else {
                words.push_back(name + "==" + arguments[++i]);
                after = name;
            }
        }
        return words;
    }

    [[noreturn]] void refuse(const std::string& flag) const {
        const std::size_t hyphens = std::min(flag.find_first_not_of('-'), flag.size());
        const std::string nearest = nearest_word(flag.substr(hyphens), names_);
        throw InputError(flag, "unknown option",
                         nearest.empty()
                             ? "--help lists all options"
                             : "did you mean --" + nearest + "?  --help lists all options");
    }

    CLI::App app_;
    std::map<std::string, Flag> flags_;
    std::map<std::string, CLI::Option*> handles_;
    std::vector<std::string> names_;  // without hyphens
};

}  // namespace

std::vector<Flag> flags_of(const std::vector<CommonOption>& common, const Options& options) {
    std::vector<Flag> flags;
    for (const CommonOption& option : common) flags.push_back({option.flag, option.value});
    for (const Option& option : options.all())
        flags.push_back({option.flag(), option.type_name(), option.is_boolean(), option.is_list()});
    return flags;
}

Arguments read_arguments(const std::vector<std::string>& arguments,
                         const std::vector<Flag>& flags) {
    return Reader(flags).read(arguments);
}

}  // namespace dualtape::lab
