#pragma once
// The subset of TOML that recipes and config.toml are written in. Every file of this dialect is
// a TOML file; what it leaves out is refused with the line and what to write instead:
// multi-line arrays and strings, 1_000, hexadecimal numbers, dates, dotted or quoted keys,
// tables inside a line, arrays of tables, mixed or nested arrays, any key or section twice, and
// encodings other than UTF-8.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dualtape::lab::toml {

struct Value {
    enum class Kind { integer, real, boolean, text, array };

    Kind kind = Kind::text;
    std::string text;          // digits or word as written; for text: the decoded characters
    std::vector<Value> items;  // of an array
};

struct Entry {
    std::string section;  // "" before the first [section]
    std::string key;
    Value value;
    int line = 0;  // from 1
};

struct Document {
    std::vector<std::string> sections;  // as opened, without ""
    std::vector<int> section_lines;
    std::vector<Entry> entries;

    const Entry* find(std::string_view section, std::string_view key) const;
};

// Throws InputError; `where` names the file in its messages ("quick.toml" gives "quick.toml:3").
Document parse(std::string_view text, const std::string& where);
// The same of a file of at most 1 MB.
Document read(const std::filesystem::path& path);

// Writes values so that parse gives them back: shortest digits for numbers, quotes for text.
std::string write(std::int64_t value);
std::string write(double value);
std::string write(bool value);
std::string write(const std::string& value);
std::string write(const Value& value);

// Reads a whole number or a real number written in decimal; false when the text is something
// else or does not fit. Accepts inf and nan for reals. Independent of the locale.
bool read_integer(std::string_view text, std::int64_t& value);
bool read_real(std::string_view text, double& value);

}  // namespace dualtape::lab::toml
