#pragma once
// The list of settings an experiment offers: names and rules for plain variables.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "experiments/lab/toml.h"

namespace dualtape::lab {

// The value of a setting that follows a rule unless the user gives a number; see automatic().
inline constexpr std::int64_t kAutoInteger = std::numeric_limits<std::int64_t>::min();
inline constexpr double kAutoReal = std::numeric_limits<double>::quiet_NaN();
inline bool is_auto(std::int64_t value) { return value == kAutoInteger; }
inline bool is_auto(double value) { return value != value; }

// The largest seed: every whole number up to it is a number of its own in tables and JSON, however
// they are read, as programs that know doubles alone would merge larger ones.
inline constexpr std::int64_t kLargestSeed = (std::int64_t{1} << 53) - 1;

// One setting: a key such as learning_rate, the variable it fills and the rules its value obeys.
// The flag is the key with hyphens (--learning-rate); in a file the key stands in the section
// of its group. Rules are chained after Options::add; for lists they hold for every element.
class Option {
  public:
    using Target =
        std::variant<std::int64_t*, double*, bool*, std::string*, std::vector<std::int64_t>*,
                     std::vector<double>*, std::vector<std::string>*>;

    Option(std::string key, Target target, std::string help, std::string group);

    Option& unit(std::string unit);  // shown in help: "steps", "bytes"
    Option& at_least(double low);
    Option& at_most(double high);
    Option& above(double low);   // low itself is refused
    Option& below(double high);  // high itself is refused
    Option& range(double low, double high) { return at_least(low).at_most(high); }
    Option& choices(std::vector<std::string> choices);  // text and lists of text only
    // The word "auto" is allowed and means kAutoInteger or kAutoReal; `rule` is shown in help,
    // e.g. "n / log n". The experiment works the number out and puts it into the manifest.
    Option& automatic(std::string rule);
    Option& may_be_empty();  // for lists, which need one element otherwise
    Option& distinct();      // for lists: no value stands twice
    Option& neutral();       // cannot change a result: a run may be resumed with another value
    // A real number that the training holds in its own precision; see check_precision().
    Option& in_training();
    Option& is_path();    // text that names a file or folder; "" means none
    Option& is_hidden();  // left out of --help

    const std::string& key() const { return key_; }
    const std::string& help() const { return help_; }
    const std::string& group() const { return group_; }
    const std::string& unit() const { return unit_; }
    const std::vector<std::string>& choices() const { return choices_; }
    bool hidden() const { return is_hidden_; }
    bool changes_results() const { return !is_neutral_; }
    bool is_boolean() const { return std::holds_alternative<bool*>(target_); }
    bool is_list() const { return target_.index() >= 4; }
    std::string flag() const;       // --learning-rate
    std::string type_name() const;  // INT REAL BOOL TEXT PATH INT,... REAL,... TEXT,...
    std::string rules() const;      // "more than 0, at most 1"; "" when everything is allowed

    // The value as it stands in a TOML file, with the shortest digits that read back the same.
    std::string toml_value() const;
    // The value as it is typed after the flag.
    std::string text_value() const;

    // Checks and assigns; the variable keeps its old value when InputError is thrown. `where`
    // opens the message, e.g. "quick.toml:7: p = 1" or "--p 1". Lists are typed a,b,c; lists of
    // integers also first..last.
    void assign(const toml::Value& value, const std::string& where);
    void assign(std::string_view typed, const std::string& where);

    // Throws InputError when the number is of the training and float does not hold it: it would
    // overflow, become 0, or break a rule of this option, as 1 - 1e-9 becomes 1.
    void check_precision() const;

  private:
    bool is_allowed(double number) const;
    [[noreturn]] void refuse(const std::string& where, const std::string& rule) const;
    void check_number(double number, const std::string& where) const;
    void check_choice(const std::string& word, const std::string& where) const;
    std::int64_t integer_of(const toml::Value& value, const std::string& where) const;
    double real_of(const toml::Value& value, const std::string& where) const;
    bool boolean_of(const toml::Value& value, const std::string& where) const;
    std::string text_of(const toml::Value& value, const std::string& where) const;

    std::string key_;
    Target target_;
    std::string help_;
    std::string group_;
    std::string unit_;
    std::string auto_rule_;
    std::vector<std::string> choices_;
    double low_ = -std::numeric_limits<double>::infinity();
    double high_ = std::numeric_limits<double>::infinity();
    bool low_is_open_ = false;
    bool high_is_open_ = false;
    bool may_be_empty_ = false;
    bool is_distinct_ = false;
    bool is_neutral_ = false;
    bool is_path_ = false;
    bool is_in_training_ = false;
    bool is_hidden_ = false;
};

// All settings of a program, in the order of --help and of config.toml. The variables belong to
// the caller and must outlive this list. Fill it with group() and add(), then hand it to
// run_main, which assigns: defaults (the values at the time of add) < file < command line.
class Options {
  public:
    struct Group {
        std::string section;  // [train] in a file; "" for keys before any section
        std::string title;    // "Training" in the help
    };

    // Opens the group that the following settings belong to.
    void group(std::string section, std::string title);

    // The key is unique in the whole program, in lower case with underscores.
    Option& add(std::string key, std::int64_t& value, std::string help);
    Option& add(std::string key, double& value, std::string help);
    Option& add(std::string key, bool& value, std::string help);
    Option& add(std::string key, std::string& value, std::string help);
    Option& add(std::string key, std::vector<std::int64_t>& value, std::string help);
    Option& add(std::string key, std::vector<double>& value, std::string help);
    Option& add(std::string key, std::vector<std::string>& value, std::string help);

    // A rule between several settings; it throws InputError. Run once all values are assigned.
    void add_check(std::function<void()> check);
    void run_checks() const;

    const std::vector<Group>& groups() const { return groups_; }
    std::deque<Option>& all() { return options_; }
    const std::deque<Option>& all() const { return options_; }
    Option* find(std::string_view key);
    const Option* find(std::string_view key) const;

    // Assigns every key of a file. `where` names the file in messages. Refuses unknown sections
    // and keys, and a key in another section than its own, with a suggestion.
    void assign(const toml::Document& document, const std::string& where);

    // All settings as a file, sections in group order; assign(parse(to_toml())) changes nothing.
    std::string to_toml() const;
    // Only what can change results, one key per line: what the settings hash is taken of.
    std::string canonical() const;

  private:
    Option& append(std::string key, Option::Target target, std::string help);

    std::vector<Group> groups_{{"", "Settings"}};
    std::size_t open_ = 0;        // index of the group that add() fills
    std::deque<Option> options_;  // keeps references valid while it grows
    std::vector<std::function<void()>> checks_;
};

}  // namespace dualtape::lab
