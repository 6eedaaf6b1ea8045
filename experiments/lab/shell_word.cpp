#include "experiments/lab/shell_word.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace dualtape::lab {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Words of these letters are safe; independent of the locale.
bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./+,:@%").find(c) != std::string_view::npos;
}

// Three octal digits, so that a digit behind does not join them.
std::string octal(char c) {
    char text[8];
    std::snprintf(text, sizeof text, "\\%03o", static_cast<unsigned>(c) & 0377U);
    return text;
}

}  // namespace

std::string shell_word(const std::string& word) {
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
    const bool has_control = std::any_of(word.begin(), word.end(), is_control);
    std::string text = has_control ? "$'" : "'";
    for (const char c : word) {
        if (!has_control)
            text += c == '\'' ? std::string("'\\''") : std::string(1, c);
        else if (is_control(c))
            text += octal(c);
        else
            text += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return text + "'";
}

std::string shell_in_folder(const std::string& folder, const std::string& command) {
    if (folder.empty() || folder == ".") return command;
    // A name like -P would be an option of cd.
    const std::string shown = folder.front() == '-' ? "./" + folder : folder;
    return "cd " + shell_word(shown) + " && " + command;
}

}  // namespace dualtape::lab
