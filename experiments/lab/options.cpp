#include "experiments/lab/options.h"

#include <algorithm>
#include <cmath>

#include "engine/core/check.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/printable.h"
#include "experiments/lab/suggest.h"

namespace dualtape::lab {
namespace {

using Kind = toml::Value::Kind;

constexpr const char* kAutoWord = "auto";

// 1 instead of 1.0: how limits stand in messages.
std::string plain(double number) {
    const std::string text = toml::write(number);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

toml::Value text_value_of(std::string text) { return {Kind::text, std::move(text), {}}; }

std::vector<std::string> split_at_commas(std::string_view typed) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t comma = std::min(typed.find(','), typed.size());
        std::string_view part = typed.substr(0, comma);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        parts.emplace_back(part);
        if (comma == typed.size()) return parts;
        typed.remove_prefix(comma + 1);
    }
}

// first..last, both included, at most a million numbers.
bool read_span(std::string_view typed, std::int64_t& first, std::int64_t& last) {
    const std::size_t dots = typed.find("..");
    if (dots == std::string_view::npos) return false;
    return toml::read_integer(typed.substr(0, dots), first) &&
           toml::read_integer(typed.substr(dots + 2), last) && first <= last &&
           static_cast<double>(last) - static_cast<double>(first) < 1e6;
}

// A typed scalar as the value it would be in a file.
toml::Value typed_value(const std::string& typed, bool is_text, bool is_boolean) {
    std::int64_t integer = 0;
    double real = 0;
    if (is_text) return text_value_of(typed);
    if (is_boolean) {
        const bool is_true = typed == "true" || typed == "yes" || typed == "on" || typed == "1";
        const bool is_false = typed == "false" || typed == "no" || typed == "off" || typed == "0";
        if (is_true || is_false) return {Kind::boolean, is_true ? "true" : "false", {}};
        return text_value_of(typed);
    }
    if (toml::read_integer(typed, integer)) return {Kind::integer, typed, {}};
    if (toml::read_real(typed, real)) return {Kind::real, typed, {}};
    return text_value_of(typed);
}

}  // namespace

Option::Option(std::string key, Target target, std::string help, std::string group)
    : key_(std::move(key)), target_(target), help_(std::move(help)), group_(std::move(group)) {}

Option& Option::unit(std::string unit) {
    unit_ = std::move(unit);
    return *this;
}

Option& Option::at_least(double low) {
    low_ = low;
    low_is_open_ = false;
    return *this;
}

Option& Option::at_most(double high) {
    high_ = high;
    high_is_open_ = false;
    return *this;
}

Option& Option::above(double low) {
    low_ = low;
    low_is_open_ = true;
    return *this;
}

Option& Option::below(double high) {
    high_ = high;
    high_is_open_ = true;
    return *this;
}

Option& Option::choices(std::vector<std::string> choices) {
    choices_ = std::move(choices);
    return *this;
}

Option& Option::automatic(std::string rule) {
    auto_rule_ = std::move(rule);
    return *this;
}

Option& Option::may_be_empty() {
    may_be_empty_ = true;
    return *this;
}

Option& Option::distinct() {
    is_distinct_ = true;
    return *this;
}

Option& Option::neutral() {
    is_neutral_ = true;
    return *this;
}

Option& Option::in_training() {
    is_in_training_ = true;
    return *this;
}

Option& Option::is_path() {
    is_path_ = true;
    return *this;
}

Option& Option::is_hidden() {
    is_hidden_ = true;
    return *this;
}

std::string Option::flag() const {
    std::string flag = "--" + key_;
    std::replace(flag.begin(), flag.end(), '_', '-');
    return flag;
}

std::string Option::type_name() const {
    if (is_path_) return "PATH";
    const char* names[] = {"INT", "REAL", "BOOL", "TEXT", "INT,...", "REAL,...", "TEXT,..."};
    return names[target_.index()];
}

std::string Option::rules() const {
    std::vector<std::string> rules;
    if (!choices_.empty()) rules.push_back("one of " + join(choices_));
    if (std::isfinite(low_) && std::isfinite(high_) && !low_is_open_ && !high_is_open_) {
        rules.push_back(plain(low_) + " to " + plain(high_));
    } else {
        if (std::isfinite(low_))
            rules.push_back((low_is_open_ ? "more than " : "at least ") + plain(low_));
        if (std::isfinite(high_))
            rules.push_back((high_is_open_ ? "less than " : "at most ") + plain(high_));
    }
    if (!auto_rule_.empty()) rules.push_back("auto: " + auto_rule_);
    return join(rules);
}

std::string Option::toml_value() const {
    return std::visit(
        [](const auto* target) -> std::string {
            using Type = std::remove_cvref_t<decltype(*target)>;
            if constexpr (std::is_arithmetic_v<Type> && !std::is_same_v<Type, bool>) {
                if (is_auto(*target)) return toml::write(std::string(kAutoWord));
                return toml::write(*target);
            } else if constexpr (std::is_same_v<Type, bool> || std::is_same_v<Type, std::string>) {
                return toml::write(*target);
            } else {
                std::vector<std::string> items;
                for (const auto& item : *target) items.push_back(toml::write(item));
                return "[" + join(items) + "]";
            }
        },
        target_);
}

std::string Option::text_value() const {
    if (const auto* text = std::get_if<std::string*>(&target_)) return **text;
    if (const auto* texts = std::get_if<std::vector<std::string>*>(&target_)) {
        return join(**texts, ",");
    }
    std::string text = toml_value();
    // Of numbers and words: without the brackets, quotes and blanks of a file.
    std::erase_if(text, [](char c) { return c == '[' || c == ']' || c == '"' || c == ' '; });
    return std::holds_alternative<double*>(target_) && text.ends_with(".0")
               ? text.substr(0, text.size() - 2)
               : text;
}

void Option::refuse(const std::string& where, const std::string& rule) const {
    const std::string value = text_value();
    throw InputError(where, rule,
                     value.empty() ? "" : key_ + " is " + value + " when it is not given");
}

bool Option::is_allowed(double number) const {
    return (low_is_open_ ? number > low_ : number >= low_) &&
           (high_is_open_ ? number < high_ : number <= high_);
}

void Option::check_number(double number, const std::string& where) const {
    if (!std::isfinite(number)) refuse(where, "must be a finite number");
    if (!is_allowed(number)) refuse(where, "must be " + rules());
}

void Option::check_precision() const {
    if (!is_in_training_) return;
    const double number = *std::get<double*>(target_);
    if (is_auto(number)) return;
    // A conversion out of range is undefined.
    const bool overflows = std::abs(number) > std::numeric_limits<float>::max();
    const float rounded = overflows ? HUGE_VALF : static_cast<float>(number);
    const double held = static_cast<double>(rounded);
    if (!overflows && is_allowed(held) && (held != 0 || number == 0)) return;
    throw InputError(flag() + " " + text_value(),
                     "is " + plain(overflows ? std::copysign(HUGE_VAL, number) : held) +
                         " in float, in which the training computes",
                     "choose a number that float holds, or --precision double");
}

void Option::check_choice(const std::string& word, const std::string& where) const {
    if (choices_.empty() || std::count(choices_.begin(), choices_.end(), word) > 0) return;
    const std::string nearest = nearest_word(word, choices_);
    throw InputError(
        where, "must be one of " + join(choices_),
        nearest.empty() ? "write one of these words" : "did you mean \"" + nearest + "\"?");
}

std::int64_t Option::integer_of(const toml::Value& value, const std::string& where) const {
    std::int64_t number = 0;
    if (!auto_rule_.empty() && value.kind == Kind::text && value.text == kAutoWord)
        return kAutoInteger;
    if (value.kind == Kind::integer && toml::read_integer(value.text, number)) {
        check_number(static_cast<double>(number), where);
        return number;
    }
    double real = 0;
    if (value.kind == Kind::real && toml::read_real(value.text, real) && std::abs(real) < 1e15 &&
        real == std::floor(real))
        throw InputError(where, "must be a whole number, written without point or exponent",
                         "write " + plain(real));
    // Digits alone, but too many for 64 bits.
    const bool is_whole = value.kind == Kind::real &&
                          value.text.find_first_not_of("+-0123456789") == std::string::npos;
    refuse(where, "must be " + (is_whole && std::isfinite(high_) ? rules() : "a whole number"));
}

double Option::real_of(const toml::Value& value, const std::string& where) const {
    double number = 0;
    if (!auto_rule_.empty() && value.kind == Kind::text && value.text == kAutoWord)
        return kAutoReal;
    const bool is_number = value.kind == Kind::integer || value.kind == Kind::real;
    if (!is_number || !toml::read_real(value.text, number)) refuse(where, "must be a number");
    check_number(number, where);
    return number;
}

bool Option::boolean_of(const toml::Value& value, const std::string& where) const {
    if (value.kind != Kind::boolean) refuse(where, "must be true or false");
    return value.text == "true";
}

std::string Option::text_of(const toml::Value& value, const std::string& where) const {
    if (value.kind != Kind::text)
        throw InputError(where, "must be text in quotes",
                         "write \"" + shortened(toml::write(value)) + "\"");
    check_choice(value.text, where);
    return value.text;
}

void Option::assign(const toml::Value& value, const std::string& where) {
    const auto list_of = [&](auto& list, auto item_of) {
        if (value.kind != Kind::array) refuse(where, "must be a list: [1, 2]");
        if (value.items.empty() && !may_be_empty_) refuse(where, "needs at least one value");
        std::remove_reference_t<decltype(list)> items;
        for (const toml::Value& item : value.items) {
            items.push_back(item_of(item));
            if (is_distinct_ && std::count(items.begin(), items.end(), items.back()) > 1) {
                throw InputError(where, "holds " + item.text + " twice", "list every value once");
            }
        }
        list = std::move(items);
    };
    const auto integer = [&](const toml::Value& v) { return integer_of(v, where); };
    const auto real = [&](const toml::Value& v) { return real_of(v, where); };
    const auto text = [&](const toml::Value& v) { return text_of(v, where); };

    if (value.kind == Kind::array && !is_list()) refuse(where, "must be one value, not a list");
    switch (target_.index()) {
        case 0:
            *std::get<0>(target_) = integer(value);
            break;
        case 1:
            *std::get<1>(target_) = real(value);
            break;
        case 2:
            *std::get<2>(target_) = boolean_of(value, where);
            break;
        case 3:
            *std::get<3>(target_) = text(value);
            break;
        case 4:
            list_of(*std::get<4>(target_), integer);
            break;
        case 5:
            list_of(*std::get<5>(target_), real);
            break;
        case 6:
            list_of(*std::get<6>(target_), text);
            break;
    }
}

void Option::assign(std::string_view typed, const std::string& where) {
    const bool is_text = target_.index() == 3 || target_.index() == 6;
    if (!is_list()) {
        assign(typed_value(std::string(typed), is_text, is_boolean()), where);
        return;
    }
    toml::Value list;
    list.kind = Kind::array;
    if (!typed.empty()) {
        for (const std::string& part : split_at_commas(typed)) {
            std::int64_t first = 0, last = 0;
            if (target_.index() == 4 && read_span(part, first, last)) {
                for (std::int64_t i = first; i <= last; ++i)
                    list.items.push_back({Kind::integer, toml::write(i), {}});
            } else {
                list.items.push_back(typed_value(part, is_text, false));
            }
        }
    }
    assign(list, where);
}

// ---- Options

void Options::group(std::string section, std::string title) {
    if (section.empty()) {
        groups_.front().title = std::move(title);
        open_ = 0;
        return;
    }
    for (open_ = 0; open_ < groups_.size(); ++open_)
        if (groups_[open_].section == section) return;
    groups_.push_back({std::move(section), std::move(title)});
}

Option& Options::append(std::string key, Option::Target target, std::string help) {
    if (find(key)) throw ContractError("option \"" + key + "\" is added twice");
    return options_.emplace_back(std::move(key), target, std::move(help), groups_[open_].section);
}

Option& Options::add(std::string key, std::int64_t& value, std::string help) {
    return append(std::move(key), &value, std::move(help));
}
Option& Options::add(std::string key, double& value, std::string help) {
    return append(std::move(key), &value, std::move(help));
}
Option& Options::add(std::string key, bool& value, std::string help) {
    return append(std::move(key), &value, std::move(help));
}
Option& Options::add(std::string key, std::string& value, std::string help) {
    return append(std::move(key), &value, std::move(help));
}
Option& Options::add(std::string key, std::vector<std::int64_t>& value, std::string help) {
    return append(std::move(key), &value, std::move(help));
}
Option& Options::add(std::string key, std::vector<double>& value, std::string help) {
    return append(std::move(key), &value, std::move(help));
}
Option& Options::add(std::string key, std::vector<std::string>& value, std::string help) {
    return append(std::move(key), &value, std::move(help));
}

void Options::add_check(std::function<void()> check) { checks_.push_back(std::move(check)); }

void Options::run_checks() const {
    for (const auto& check : checks_) check();
}

Option* Options::find(std::string_view key) {
    for (Option& option : options_)
        if (option.key() == key) return &option;
    return nullptr;
}

const Option* Options::find(std::string_view key) const {
    for (const Option& option : options_)
        if (option.key() == key) return &option;
    return nullptr;
}

void Options::assign(const toml::Document& document, const std::string& where) {
    std::vector<std::string> sections, keys;
    for (const Group& group : groups_) sections.push_back(group.section);
    for (const Option& option : options_) keys.push_back(option.key());

    for (std::size_t i = 0; i < document.sections.size(); ++i) {
        const std::string& section = document.sections[i];
        if (std::count(sections.begin(), sections.end(), section) > 0) continue;
        const std::string word = shortened(printable(section));
        const std::string nearest = nearest_word(word, sections);
        const std::vector<std::string> named(sections.begin() + 1, sections.end());
        throw InputError(where + ":" + std::to_string(document.section_lines[i]),
                         "unknown section [" + word + "]",
                         nearest.empty() ? "the sections are " + join(named)
                                         : "did you mean [" + nearest + "]?");
    }
    for (const toml::Entry& entry : document.entries) {
        const std::string line = where + ":" + std::to_string(entry.line);
        const std::string place =
            entry.section.empty() ? "before the first section" : "in [" + entry.section + "]";
        Option* option = find(entry.key);
        if (!option) {
            const std::string word = shortened(printable(entry.key));
            const std::string nearest = nearest_word(word, keys);
            throw InputError(line, "unknown key \"" + word + "\" " + place,
                             nearest.empty()
                                 ? "--help lists all keys"
                                 : "did you mean \"" + nearest + "\"?  --help lists all keys");
        }
        if (option->group() != entry.section)
            throw InputError(line, "\"" + entry.key + "\" does not belong " + place,
                             option->group().empty() ? "move it above the first [section]"
                                                     : "move it to [" + option->group() + "]");
        option->assign(entry.value,
                       line + ": " + entry.key + " = " + shortened(toml::write(entry.value)));
    }
}

std::string Options::to_toml() const {
    std::string text;
    for (const Group& group : groups_) {
        std::string lines;
        for (const Option& option : options_)
            if (option.group() == group.section)
                lines += option.key() + " = " + option.toml_value() + "\n";
        if (lines.empty()) continue;
        if (!group.section.empty()) text += (text.empty() ? "[" : "\n[") + group.section + "]\n";
        text += lines;
    }
    return text;
}

std::string Options::canonical() const {
    std::string text;
    for (const Option& option : options_)
        if (option.changes_results()) text += option.key() + " = " + option.toml_value() + "\n";
    return text;
}

}  // namespace dualtape::lab
