#include "experiments/lab/printable.h"

#include <cstddef>

namespace dualtape::lab {

namespace {

// Bytes of the first character of a text in UTF-8; 0: they are none (RFC 3629, table of section 4).
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned lead = byte(0), next = byte(1);
    if (lead < 0x80) return 1;
    std::size_t size = 0;
    if (lead >= 0xC2 && lead <= 0xDF) size = 2;
    if (lead >= 0xE0 && lead <= 0xEF) size = 3;
    if (lead >= 0xF0 && lead <= 0xF4) size = 4;
    const bool is_overlong = (lead == 0xE0 && next < 0xA0) || (lead == 0xF0 && next < 0x90);
    const bool is_outside = (lead == 0xED && next > 0x9F) || (lead == 0xF4 && next > 0x8F);
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    return is_overlong || is_outside ? 0 : size;
}

std::string escape(char c) {
    if (c == '\n') return "\\n";
    if (c == '\r') return "\\r";
    if (c == '\t') return "\\t";
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

}  // namespace

std::string printable(std::string_view text) {
    std::string line;
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        const bool is_control = static_cast<unsigned char>(text[0]) < 32 || text[0] == 127;
        if (size == 0 || is_control) {
            line += escape(text[0]);
            text.remove_prefix(1);
        } else {
            line += text.substr(0, size);
            text.remove_prefix(size);
        }
    }
    return line;
}

std::string shortened(std::string_view text) {
    constexpr std::size_t kMost = 80;
    if (text.size() <= kMost) return std::string(text);
    std::size_t end = kMost;
    while (end > 0 && (text[end] & 0xc0) == 0x80) --end;  // not within a character
    return std::string(text.substr(0, end)) + "...";
}

}  // namespace dualtape::lab
