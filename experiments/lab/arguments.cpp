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

// CLI11 parses. Its own rules would take a flag for the value of the flag before it, the next word
// for the value of --flag=, and any word for the value of a boolean: what it reads is unambiguous
// (see arranged), and its refusals, which suggest nothing, are ours.
class Reader {
  public:
    explicit Reader(const std::vector<Flag>& flags) {
        app_.set_help_flag();
        app_.allow_extras();
        for (const Flag& flag : flags) {
            flags_[flag.name] = flag;
            names_.push_back(flag.name.substr(2));
            handles_[flag.name] =
                flag.type.empty() ? app_.add_flag(flag.name) : app_.add_option(flag.name);
            handles_[flag.name]->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        }
    }

    Arguments read(const std::vector<std::string>& arguments) {
        std::vector<std::string> words = arranged(arguments);
        std::reverse(words.begin(), words.end());  // the order that CLI11 wants
        try {
            app_.parse(words);
        } catch (const CLI::ParseError& error) {
            throw InputError("", error.what(), "--help lists all options");
        }
        Arguments read;
        read.words = app_.remaining();
        for (const std::string& word : read.words)
            if (word.starts_with("-") && word != "-") refuse(flag_of(word));
        for (const auto& [name, handle] : handles_) {
            if (handle->count() > 1)
                throw InputError(name, "is given twice", "keep one of the two");
            if (handle->count() == 1) read.typed[name] = handle->results().front();
        }
        for (std::size_t i = 2; i < arguments.size() && !read.words.empty(); ++i) {
            const auto list = flags_.find(arguments[i - 2]);
            if (arguments[i] == read.words.front() && list != flags_.end() && list->second.is_list)
                read.split_list = list->first;
        }
        return read;
    }

  private:
    // The words with a value for every boolean, and --flag= as two words; refuses flags without a
    // value and switches with one.
    std::vector<std::string> arranged(const std::vector<std::string>& arguments) const {
        std::vector<std::string> words;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const std::string& word = arguments[i];
            const std::string name = flag_of(word);
            const auto flag = flags_.find(name);
            const bool has_own_value = name.size() < word.size();
            const std::string* next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
            if (flag == flags_.end()) {
                words.push_back(word);
            } else if (flag->second.type.empty()) {
                if (has_own_value) throw InputError(name, "takes no value", "write " + name);
                words.push_back(word);
            } else if (has_own_value) {
                const std::string value = word.substr(name.size() + 1);
                words.insert(words.end(), {name, value});
            } else if (flag->second.is_boolean) {
                const bool is_given = next && is_boolean_word(*next);
                words.insert(words.end(), {name, is_given ? *next : "true"});
                if (is_given) ++i;
            } else if (!next || flags_.count(flag_of(*next)) > 0) {
                throw InputError(name, "needs a value", "write " + name + " " + flag->second.type);
            } else {
                words.insert(words.end(), {name, *next});
                ++i;
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
