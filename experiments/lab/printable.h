#pragma once
// Text in one line: for tables, logs and messages, whose lines mean something.

#include <string>
#include <string_view>

namespace dualtape::lab {

// Control characters as escapes: \n \r \t, others as \x1b. Everything else is left as it is.
inline std::string printable(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string line;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 32 && byte != 127) {
            line += c;
        } else if (c == '\n' || c == '\r' || c == '\t') {
            line += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        } else {
            line += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
        }
    }
    return line;
}

}  // namespace dualtape::lab
