#include "experiments/lab/shell_word.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "experiments/lab/printable.h"

namespace dualtape::lab {
namespace {

bool is_control_or_long(char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f;
}

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
    // Control characters and bytes that are no UTF-8 are spelt out, and others beyond ASCII with
    // them.
    const bool is_spelt = printable(word) != word;
    std::string text = is_spelt ? "$'" : "'";
    for (const char c : word) {
        if (!is_spelt)
            text += c == '\'' ? std::string("'\\''") : std::string(1, c);
        else if (is_control_or_long(c))
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
