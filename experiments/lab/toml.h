#pragma once
// Recipes and config.toml: TOML, read by toml++ into the settings that it holds. A setting is a
// number, true or false, a text or a list, alone or in a [section]; dates, tables in sections and
// lists of tables are refused.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dualtape::lab::toml {

struct Value {
    enum class Kind { integer, real, boolean, text, array };

    Kind kind = Kind::text;
    std::string text;          // digits or word as write() has them; for text: its characters
    std::vector<Value> items;  // of an array
};

struct Entry {
    std::string section;  // "" outside of sections
    std::string key;
    Value value;
    int line = 0;  // from 1
};

struct Document {
    std::vector<std::string> sections;  // in the order of the file, without ""
    std::vector<int> section_lines;
    std::vector<Entry> entries;  // in the order of the file

    const Entry* find(std::string_view section, std::string_view key) const;
};

// Throws InputError with file, line, key and remedy; `where` names the file in its messages
// ("quick.toml" gives "quick.toml:3: steps: ...").
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
