#include "experiments/lab/toml_fault.h"

#include <algorithm>

#include "experiments/lab/printable.h"

namespace dualtape::lab::toml {
namespace {

constexpr const char* kLine = "a line reads: key = value";
constexpr const char* kKey = "a line reads: key = value; a key is made of letters, digits, _ and -";
constexpr const char* kSection = "a section reads: [name]";
constexpr const char* kQuotes = "text, dates included, stands in \"quotes\"";
constexpr const char* kNoValue = "\"%\" is neither a number nor true or false";
constexpr const char* kQuoted = "text, dates included, stands in quotes: $";

// What the parser says and what is said instead; the first row that applies counts. In the words
// of the second and third column % stands for the word at the fault, $ for that word as a text of
// TOML and @ for the rest of its line.
struct Wording {
    std::string_view sign;  // part of what the parser says
    std::string_view what;  // "": as the parser says it
    std::string_view hint;
};
constexpr Wording kWordings[] = {
    {"after '\\r'", "a carriage return stands inside the line",
     "end lines with line feeds; in a text write \\r"},
    {"control character", "holds a control character",
     "remove it; in a text write \\u and its four hexadecimal digits"},
    {"utf-8", "is not UTF-8 text", "save it as UTF-8: iconv -f LATIN1 -t UTF-8 OLD > NEW"},
    {"string: encountered end-of-file", "the text has no closing quote",
     "close it in its line; text over several lines stands in \"\"\"three quotes\"\"\""},
    {"array: encountered end-of-file", "the list has no closing ]", "write [1, 2]"},
    {"inline table:", "", "a table in a line reads: {key = value}; a [section] is simpler"},
    {"escape", "", "put the text into 'single quotes', where a backslash is a backslash"},
    {"unicode", "a character is written \\u and four hexadecimal digits, or \\U and eight",
     "put the text into 'single quotes', where a backslash is a backslash"},
    {"header: expected ']'", "has no closing ]", kSection},
    {"header: encountered end-of-file", "has no closing ]", kSection},
    {"expected '='", "is not followed by =", kLine},
    {"pair: encountered end-of-file", "the value after = is missing", kLine},
    {"expected value, saw", "the value after = is missing", kLine},
    {"saw comma", "", "one comma stands between two values"},
    {"expected comma", "a comma or ] is missing before \"@\"", "write [1, 2]"},
    {"comment or whitespace", "\"@\" is left over at the end of the line",
     "one key = value a line; text stands in \"quotes\""},
    {"expected keys", "\"@\" does not begin with a key", kKey},
    {"parsing key:", "", kKey},
    {"table header:", "", kSection},
    {"floating-point: '", "% does not fit into 64 bits",
     "real numbers end at 1.8e308 and begin at 4.9e-324"},
    {"64 bits", "% does not fit into 64 bits",
     "whole numbers end at 9223372036854775807; a real number may be written 1e20"},
    {"too long", "\"%\" is too long for a number", "real numbers may be written 1e20"},
    {"limit of", "\"%\" is too long for a number", "real numbers may be written 1e20"},
    {"parsing date", "", kQuotes},
    {"parsing time", "", kQuotes},
    {"underscore", "\"%\" is not a number of TOML", "an underscore stands between two digits"},
    {"leading zeroes", "\"%\" is not a number of TOML", "leave out the zeros in front"},
    {"floating-point: expected decimal", "\"%\" is not a number of TOML",
     "digits stand on both sides of the point: 0.5, 5.0; text stands in quotes: $"},
    {"floating-point: encountered", "\"%\" is not a number of TOML",
     "digits stand on both sides of the point and after the e: 5.0, 1e3"},
    {"nested value depth", "lists lie too deep in lists", "no setting is a list of lists"},
    {"parsing value:", kNoValue, kQuoted},
    {"parsing boolean:", kNoValue, kQuoted},
    {"floating-point:", kNoValue, kQuoted},
    {"integer:", kNoValue, kQuoted},
    {"", "", kLine},
};

bool is_printable(std::string_view text) { return printable(text) == text; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_control(char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// The byte at which a line begins.
std::size_t offset_of(std::string_view text, int line) {
    std::size_t offset = 0;
    for (int i = 1; i < line; ++i) offset = std::min(text.find('\n', offset), text.size() - 1) + 1;
    return offset;
}

// Without its end.
std::string_view line_of(std::string_view text, int line) {
    text.remove_prefix(offset_of(text, line));
    text = text.substr(0, text.find('\n'));
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

// The bytes before a column.
std::size_t bytes_before(std::string_view line, int column) {
    std::size_t at = 0;
    for (int i = 1; at < line.size() && i < column; ++i) {
        ++at;
        while (at < line.size() && (line[at] & 0xc0) == 0x80) ++at;
    }
    return at;
}

std::string_view word_at(std::string_view line, std::size_t at) {
    constexpr std::string_view kEnds = " \t,=[]{}#";
    const std::size_t end = std::min(line.find_first_of(kEnds, at), line.size());
    std::size_t begin = end;
    while (begin > 0 && kEnds.find(line[begin - 1]) == kEnds.npos) --begin;
    return begin < end ? line.substr(begin, end - begin) : trimmed(line.substr(at));
}

// The key of a line, or its [section].
std::string_view label_of(std::string_view line) {
    line = trimmed(line);
    if (line.starts_with('#')) return "";
    if (line.starts_with('[')) return line.substr(0, std::min(line.find(']'), line.size() - 1) + 1);
    const std::size_t equals = line.find('=');
    return equals == line.npos ? line.substr(0, line.find_first_of(" \t:"))
                               : trimmed(line.substr(0, equals));
}

// Only lists and texts in three quotes go on in the next line.
bool may_go_on(std::string_view line) {
    return line.find('[') != line.npos || line.find("\"\"\"") != line.npos ||
           line.find("'''") != line.npos;
}

// The line in which the statement that reaches `line` begins, the last one before which all is
// well, and what stands there. 0 when finding it would take long, which no file of ours needs.
int first_line(std::string_view text, int line, const ReadBeginning& read_beginning,
               std::optional<Document>& before) {
    std::size_t budget = 1 << 23;  // bytes to read: about 0.2 s
    bool is_possible = true;
    for (std::size_t begin = offset_of(text, line); line >= 1; --line) {
        if (is_possible && begin >= budget) return 0;
        if (is_possible && (before = read_beginning(text.substr(0, begin)))) return line;
        if (is_possible) budget -= begin;
        const std::size_t end = begin;
        begin = begin < 2 ? 0 : text.rfind('\n', begin - 2) + 1;
        is_possible = may_go_on(text.substr(begin, end - begin));
    }
    return 0;
}

// The line that has the key or the [section] already; 0 when none is found.
int earlier_line(const Document& before, std::string_view label) {
    const bool is_section = label.starts_with('[');
    std::string name(is_section ? label.substr(1, label.find(']') - 1) : label);
    std::erase_if(name, [](char c) { return is_blank(c) || c == '"' || c == '\''; });
    for (std::size_t i = 0; i < before.sections.size(); ++i)
        if (is_section && before.sections[i] == name) return before.section_lines[i];
    // Sections stand in one piece, so the last key of this name is the one of this section.
    for (auto entry = before.entries.rbegin(); entry != before.entries.rend(); ++entry) {
        const std::string full = entry->section.empty() ? "" : entry->section + "." + entry->key;
        if (full == name || (entry->key == name && (!is_section || full.empty())))
            return entry->line;
    }
    return 0;
}

std::string filled(std::string_view words, std::string_view word, std::string_view rest) {
    std::string bare(word);
    std::erase_if(bare, [](char c) { return c == '"' || c == '\''; });
    std::string text;
    for (const char c : words) {
        if (c == '%' || c == '@')
            text += shortened(printable(c == '%' ? word : rest));
        else if (c == '$')
            text += write(shortened(bare));
        else
            text += c;
    }
    return text;
}

}  // namespace

InputError refusal_of(const Fault& fault, std::string_view text, const std::string& where,
                      const ReadBeginning& read_beginning) {
    std::string said = fault.description;
    int number = fault.line;
    // Where bytes are no text, the parser names the last character before them.
    if (said.find("utf-8") != said.npos && is_printable(line_of(text, number))) ++number;
    const std::string_view line = line_of(text, number);
    if (std::any_of(line.begin(), line.end(), is_control)) {
        said = line.find('\r') == line.npos ? "control character" : "after '\\r'";
    } else if (said.find("string: ") != said.npos && said.find("control char") != said.npos) {
        said = "string: encountered end-of-file";  // the control character is the line feed
    } else if (said.find("pair: encountered end-of-file") != said.npos &&
               line.find('=') == line.npos) {
        said = "expected '='";
    }
    std::optional<Document> before;
    const int begin = first_line(text, number, read_beginning, before);
    const std::string_view label = begin > 0 ? label_of(line_of(text, begin)) : "";
    const bool is_open = fault.description.find("end-of-file") != said.npos;
    if (is_open && begin > 0) number = begin;  // where the text or list begins

    const auto* wording = std::find_if(std::begin(kWordings), std::end(kWordings),
                                       [&](auto& row) { return said.find(row.sign) != said.npos; });
    const std::size_t at = bytes_before(line, fault.column);
    std::string what = filled(wording->what, word_at(line, at), trimmed(line.substr(at)));
    std::string hint = filled(wording->hint, word_at(line, at), trimmed(line.substr(at)));
    if (said.find("cannot redefine") != said.npos) {
        const int earlier = before ? earlier_line(*before, label) : 0;
        what = earlier > 0 ? "stands already in line " + std::to_string(earlier) : "";
        hint = label.starts_with('[') ? "put its keys into one place" : "keep one of the two";
    }
    // Without "Error while parsing string: ".
    if (what.empty()) what = said.substr(said.find(": ") == said.npos ? 0 : said.find(": ") + 2);
    const std::string place = where + ":" + std::to_string(number);
    return {place, label.empty() ? what : shortened(printable(label)) + ": " + what, hint};
}

}  // namespace dualtape::lab::toml
