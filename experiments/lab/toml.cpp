#include "experiments/lab/toml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include <toml++/toml.h>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/printable.h"
#include "experiments/lab/table.h"
#include "experiments/lab/toml_fault.h"

namespace dualtape::lab::toml {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [+-] digits [. digits] [e [+-] digits], with digits before or after the point.
bool is_number(std::string_view text) {
    std::size_t at = 0;
    const auto take_sign = [&] {
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    };
    const auto digits = [&] {
        const std::size_t begin = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return at - begin;
    };
    take_sign();
    std::size_t count = digits();
    if (at < text.size() && text[at] == '.') {
        ++at;
        count += digits();
    }
    if (count == 0) return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        take_sign();
        if (digits() == 0) return false;
    }
    return at == text.size();
}

bool is_non_finite_word(std::string_view text) {
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    return text == "inf" || text == "nan";
}

// Text of UTF-16 and UTF-32 starts with FF FE or FE FF, or every second letter is a byte 0.
void refuse_other_encodings(std::string_view text, const std::string& where) {
    const bool is_marked = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
    const auto zeros = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\0'));
    if (is_marked || zeros > text.size() / 4)
        throw InputError(where, "is not UTF-8 text" + std::string(is_marked ? " but UTF-16" : ""),
                         "save it as UTF-8: iconv -f UTF-16 -t UTF-8 OLD > NEW");
}

// A name such as a.b.c is a table in a table, which toml++ takes apart by recursion: tens of
// thousands would end on the end of the stack. Files of settings have dozens of points.
void refuse_deep_names(std::string_view text, const std::string& where) {
    constexpr std::ptrdiff_t kMostPoints = 5000;
    if (std::count(text.begin(), text.end(), '.') > kMostPoints)
        throw InputError(where, "holds more than " + std::to_string(kMostPoints) + " points",
                         "settings are keys in sections, without names such as a.b.c");
}

int line_of(const ::toml::key& key) { return static_cast<int>(key.source().begin.line); }

// Where a value stands, for its refusal.
struct Place {
    const std::string& where;
    std::string key;
    int line = 0;

    [[noreturn]] void refuse(const char* what, const char* hint) const {
        throw InputError(where + ":" + std::to_string(line),
                         shortened(printable(key)) + ": " + what, hint);
    }
};

// The value of a key, or of an element of its list.
Value value_of(const ::toml::node& node, const Place& place) {
    if (const auto* integer = node.as_integer())
        return {Value::Kind::integer, write(std::int64_t{integer->get()}), {}};
    if (const auto* real = node.as_floating_point())
        return {Value::Kind::real, write(real->get()), {}};
    if (const auto* boolean = node.as_boolean())
        return {Value::Kind::boolean, write(boolean->get()), {}};
    if (const auto* text = node.as_string()) return {Value::Kind::text, text->get(), {}};
    if (const auto* array = node.as_array()) {
        Value list{Value::Kind::array, "", {}};
        for (const ::toml::node& item : *array) list.items.push_back(value_of(item, place));
        return list;
    }
    if (node.is_table())
        place.refuse("is or holds a table, which no setting does",
                     "settings stand in a [section], and no section in another");
    place.refuse("is or holds a date or a time, which no setting does",
                 "text, dates included, stands in \"quotes\"");
}

// Adds the keys of a section, or those of the root, whose tables are sections.
void add_entries(Document& document, const std::string& section, const ::toml::table& table,
                 const std::string& where) {
    for (const auto& [key, node] : table) {
        if (section.empty() && node.is_table()) continue;
        const Place place{where, std::string(key.str()), line_of(key)};
        document.entries.push_back({section, place.key, value_of(node, place), place.line});
    }
}

Document document_of(const ::toml::table& root, const std::string& where) {
    Document document;
    add_entries(document, "", root, where);
    std::vector<std::pair<int, std::string>> sections;
    for (const auto& [key, node] : root) {
        if (!node.is_table()) continue;
        sections.emplace_back(line_of(key), key.str());
        add_entries(document, sections.back().second, *node.as_table(), where);
    }
    // Tables of toml++ are ordered by name.
    std::sort(sections.begin(), sections.end());
    for (const auto& [line, section] : sections) {
        document.sections.push_back(section);
        document.section_lines.push_back(line);
    }
    std::stable_sort(document.entries.begin(), document.entries.end(),
                     [](const Entry& a, const Entry& b) { return a.line < b.line; });
    return document;
}

}  // namespace

const Entry* Document::find(std::string_view section, std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.section == section && entry.key == key) return &entry;
    return nullptr;
}

Document parse(std::string_view text, const std::string& where) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // the mark of UTF-8
    refuse_other_encodings(text, where);
    refuse_deep_names(text, where);
    try {
        return document_of(::toml::parse(text), where);
    } catch (const ::toml::parse_error& error) {
        const ::toml::source_position at = error.source().begin;
        const Fault fault = {std::string(error.description()), static_cast<int>(at.line),
                             static_cast<int>(at.column)};
        const auto read_beginning = [&](std::string_view beginning) -> std::optional<Document> {
            try {
                return document_of(::toml::parse(beginning), where);
            } catch (const ::toml::parse_error&) {
                return std::nullopt;
            }
        };
        throw refusal_of(fault, text, where, read_beginning);
    }
}

Document read(const std::filesystem::path& path) {
    constexpr std::int64_t kMostBytes = 1 << 20;  // ours have 2 kB
    return parse(read_file(path, kMostBytes), path.string());
}

std::string write(std::int64_t value) { return std::to_string(value); }

std::string write(double value) {
    const std::string text = format_number(value);
    // A finite real number of TOML has a point or an exponent.
    const bool is_whole = std::isfinite(value) && text.find_first_of(".e") == std::string::npos;
    return is_whole ? text + ".0" : text;
}

std::string write(bool value) { return value ? "true" : "false"; }

std::string write(const std::string& value) {
    std::string text = "\"";
    for (char c : value) {
        if (c == '"' || c == '\\') {
            text += '\\';
            text += c;
        } else if (c == '\n') {
            text += "\\n";
        } else if (c == '\t') {
            text += "\\t";
        } else if (c == '\r') {
            text += "\\r";
        } else if ((c >= 0 && c < ' ') || c == '\x7f') {  // which TOML wants spelt out
            constexpr std::string_view kDigits = "0123456789ABCDEF";
            text += "\\u00";
            text += kDigits[static_cast<std::size_t>(c) >> 4];
            text += kDigits[static_cast<std::size_t>(c) & 15];
        } else {
            text += c;
        }
    }
    return text + '"';
}

std::string write(const Value& value) {
    if (value.kind == Value::Kind::text) return write(value.text);
    if (value.kind != Value::Kind::array) return value.text;
    std::string text = "[";
    for (std::size_t i = 0; i < value.items.size(); ++i)
        text += (i > 0 ? ", " : "") + write(value.items[i]);
    return text + "]";
}

bool read_integer(std::string_view text, std::int64_t& value) {
    if (!text.empty() && text[0] == '+') {
        text.remove_prefix(1);
        if (text.empty() || !is_digit(text[0])) return false;  // +-1
    }
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end && !text.empty();
}

bool read_real(std::string_view text, double& value) {
    if (!is_number(text) && !is_non_finite_word(text)) return false;
    // strtod, as from_chars for double is missing in some standard libraries; the syntax was
    // checked above and no program of ours sets a locale.
    value = std::strtod(std::string(text).c_str(), nullptr);
    return std::isfinite(value) || is_non_finite_word(text);  // 1e999 does not fit
}

}  // namespace dualtape::lab::toml
