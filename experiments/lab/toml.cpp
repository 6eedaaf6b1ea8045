#include "experiments/lab/toml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/table.h"

namespace dualtape::lab::toml {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
}

// [+-] digits [. digits] [e [+-] digits]; TOML wants digits on both sides of the point and no
// leading zero, a typed flag may leave them out. Sets is_integer when there is only the first part.
bool is_number(std::string_view text, bool is_strict, bool& is_integer) {
    std::size_t at = 0;
    const auto digits = [&] {
        const std::size_t begin = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return at - begin;
    };
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t whole_begin = at;
    const std::size_t whole = digits();
    if (is_strict && (whole == 0 || (whole > 1 && text[whole_begin] == '0'))) return false;
    is_integer = at == text.size();
    std::size_t fraction = 0;
    if (at < text.size() && text[at] == '.') {
        ++at;
        fraction = digits();
        if (is_strict && fraction == 0) return false;
    }
    if (whole + fraction == 0) return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        if (digits() == 0) return false;
    }
    return at == text.size();
}

bool is_non_finite_word(std::string_view text) {
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    return text == "inf" || text == "nan";
}

// Reads one line at a time; all refusals carry the line number.
class Parser {
  public:
    Parser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

    Document parse() {
        if (text_.substr(0, 3) == "\xef\xbb\xbf") text_.remove_prefix(3);
        refuse_other_encodings();
        while (!text_.empty()) {
            const std::size_t end = std::min(text_.find('\n'), text_.size());
            rest_ = text_.substr(0, end);
            if (!rest_.empty() && rest_.back() == '\r') rest_.remove_suffix(1);
            text_.remove_prefix(std::min(end + 1, text_.size()));
            ++line_;
            if (rest_.find('\r') != rest_.npos)
                refuse("a carriage return stands inside the line",
                       "end lines with line feeds; in a text write \\r");
            parse_line();
        }
        return std::move(document_);
    }

  private:
    [[noreturn]] void refuse(const std::string& what, const std::string& hint = "") const {
        throw InputError(where_ + ":" + std::to_string(line_), what, hint);
    }

    // Text of UTF-16 and UTF-32 starts with FF FE or FE FF, or has bytes 0 among its letters.
    void refuse_other_encodings() const {
        const std::string_view mark = text_.substr(0, 2);
        const bool is_wide = mark == "\xff\xfe" || mark == "\xfe\xff";
        if (is_wide || text_.find('\0') != std::string_view::npos)
            throw InputError(where_,
                             "is not UTF-8 text" + std::string(is_wide ? " but UTF-16" : ""),
                             "save it as UTF-8: iconv -f UTF-16 -t UTF-8 OLD > NEW");
    }

    void skip_blanks() {
        while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
    }

    bool take(char c) {
        if (rest_.empty() || rest_[0] != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect_end() {
        skip_blanks();
        if (!rest_.empty() && rest_[0] != '#')
            refuse("\"" + std::string(rest_) + "\" is left over after the value",
                   "one key = value a line; text stands in \"quotes\"");
    }

    std::string take_key(const char* what) {
        skip_blanks();
        if (!rest_.empty() && (rest_[0] == '"' || rest_[0] == '\''))
            refuse("quoted keys are not read", "write the bare key");
        std::size_t length = 0;
        while (length < rest_.size() && is_key_character(rest_[length])) ++length;
        std::string key(rest_.substr(0, length));
        rest_.remove_prefix(length);
        skip_blanks();
        if (key.empty()) refuse(std::string(what) + " is missing", "a line reads: key = value");
        if (!rest_.empty() && rest_[0] == '.')
            refuse("dotted names such as " + key + ".x are not read",
                   "put the key into its own [section]");
        return key;
    }

    void parse_line() {
        skip_blanks();
        if (rest_.empty() || rest_[0] == '#') return;
        if (take('[')) {
            parse_section();
            return;
        }
        Entry entry{section_, take_key("the key"), {}, line_};
        if (!take('='))
            refuse("\"" + entry.key + "\" is not followed by =", "a line reads: key = value");
        entry.value = parse_value();
        expect_end();
        if (const Entry* earlier = document_.find(entry.section, entry.key))
            refuse("\"" + entry.key + "\" stands already in line " + std::to_string(earlier->line),
                   "keep one of the two");
        document_.entries.push_back(std::move(entry));
    }

    void parse_section() {
        if (!rest_.empty() && rest_[0] == '[')
            refuse("arrays of tables ([[...]]) are not read", "write [section]");
        section_ = take_key("the name of the section");
        if (!take(']')) refuse("[" + section_ + " has no closing ]", "write [" + section_ + "]");
        expect_end();
        const auto& known = document_.sections;
        if (std::find(known.begin(), known.end(), section_) != known.end())
            refuse("section [" + section_ + "] is opened twice", "put its keys into one place");
        document_.sections.push_back(section_);
        document_.section_lines.push_back(line_);
    }

    Value parse_value() {
        skip_blanks();
        if (rest_.empty() || rest_[0] == '#') refuse("the value after = is missing");
        if (rest_[0] == '{') refuse("tables inside a line ({...}) are not read", "use a [section]");
        if (rest_[0] == '"' || rest_[0] == '\'') return parse_text();
        if (rest_[0] == '[') return parse_array();
        return parse_word();
    }

    Value parse_text() {
        const char quote = rest_[0];
        if (rest_.substr(0, 3) == std::string(3, quote))
            refuse("texts over several lines are not read", "write one line in \"quotes\"");
        rest_.remove_prefix(1);
        Value value;
        while (!rest_.empty() && rest_[0] != quote) {
            if (quote == '"' && rest_[0] == '\\') {
                rest_.remove_prefix(1);
                value.text += parse_escape();
            } else {
                value.text += rest_[0];
                rest_.remove_prefix(1);
            }
        }
        if (!take(quote)) refuse(std::string("the text has no closing ") + quote);
        return value;
    }

    char parse_escape() {
        const std::string_view names = "\"\\ntr";
        const std::size_t at = rest_.empty() ? std::string_view::npos : names.find(rest_[0]);
        if (at == std::string_view::npos)
            refuse("of the escapes only \\\" \\\\ \\n \\t \\r are read",
                   "put the text into 'single quotes', where a backslash is a backslash");
        rest_.remove_prefix(1);
        return "\"\\\n\t\r"[at];
    }

    Value parse_array() {
        Value array;
        array.kind = Value::Kind::array;
        take('[');
        skip_blanks();
        while (!take(']')) {
            if (rest_.empty() || rest_[0] == '#')
                refuse("arrays over several lines are not read", "write the array in one line");
            if (rest_[0] == '[') refuse("arrays in arrays are not read");
            array.items.push_back(parse_value());
            skip_blanks();
            if (take(',')) {
                skip_blanks();
            } else if (!rest_.empty() && rest_[0] != ']' && rest_[0] != '#') {
                refuse("a comma is missing before \"" + std::string(rest_) + "\"");
            }
        }
        return array;
    }

    // A number, true or false.
    Value parse_word() {
        const std::size_t length = std::min(rest_.find_first_of(" \t,]#"), rest_.size());
        Value value;
        value.text = std::string(rest_.substr(0, length));
        rest_.remove_prefix(length);
        bool is_integer = false;
        if (value.text == "true" || value.text == "false") {
            value.kind = Value::Kind::boolean;
        } else if (is_number(value.text, true, is_integer)) {
            value.kind = is_integer ? Value::Kind::integer : Value::Kind::real;
        } else if (is_non_finite_word(value.text)) {
            value.kind = Value::Kind::real;
        } else {
            refuse_word(value.text);
        }
        return value;
    }

    [[noreturn]] void refuse_word(const std::string& word) const {
        std::string plain = word;
        plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
        bool is_integer = false;
        if (plain != word && is_number(plain, true, is_integer))
            refuse("numbers with underscores (" + word + ") are not read", "write " + plain);
        if (is_number(word, false, is_integer))
            refuse("\"" + word + "\" is not a number of TOML",
                   "digits stand on both sides of the point, without leading zeros: 0.5, 5.0, 7");
        if (word.size() > 1 && word[0] == '0' && !is_digit(word[1]))
            refuse("\"" + word + "\" is not a decimal number", "write it in decimal digits");
        if (!word.empty() && is_digit(word[0]))
            refuse("\"" + word + "\" is neither a number nor text",
                   "text, dates included, stands in \"quotes\"");
        refuse("\"" + word + "\" is neither a number nor true or false",
               "text stands in quotes: \"" + word + "\"");
    }

    std::string_view text_;
    std::string_view rest_;  // what is left of the current line
    std::string where_;
    std::string section_;
    int line_ = 0;
    Document document_;
};

}  // namespace

const Entry* Document::find(std::string_view section, std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.section == section && entry.key == key) return &entry;
    return nullptr;
}

Document parse(std::string_view text, const std::string& where) {
    return Parser(text, where).parse();
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
    bool is_integer = false;
    if (!is_number(text, false, is_integer) && !is_non_finite_word(text)) return false;
    // strtod, as from_chars for double is missing in some standard libraries; the syntax was
    // checked above and no program of ours sets a locale.
    value = std::strtod(std::string(text).c_str(), nullptr);
    return std::isfinite(value) || is_non_finite_word(text);  // 1e999 does not fit
}

}  // namespace dualtape::lab::toml
