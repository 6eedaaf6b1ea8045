#include "experiments/lab/markup.h"

#include "experiments/lab/printable.h"

namespace dualtape::lab {
namespace {

using Level = TextPiece::Level;

// Width of one character of DejaVu Sans in units of the font size.
double character_width(unsigned char lead) {
    const auto is_one_of = [&](std::string_view set) {
        return set.find(static_cast<char>(lead)) != set.npos;
    };
    if (lead >= 0x80) return 0.68;  // first byte of a longer character
    if (is_one_of("ijl.,:;'|! ")) return 0.32;
    if (is_one_of("ftr()[]{}/\\-\"I")) return 0.41;
    if (is_one_of("mwMW%@")) return 0.98;
    if (is_one_of("<>=+~#&_") || (lead >= 'A' && lead <= 'Z')) return 0.78;
    return 0.63;
}

// Of the characters that enhanced mode reads as commands.
std::string escape_enhanced(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (std::string_view("\\_^{}@&~").find(c) != std::string_view::npos) escaped += '\\';
        escaped += c;
    }
    return escaped;
}

}  // namespace

std::vector<TextPiece> parse_markup(std::string_view text) {
    std::vector<TextPiece> pieces;
    std::string base;
    while (!text.empty()) {
        const bool opens = (text[0] == '_' || text[0] == '^') && text.substr(1).starts_with('{');
        const std::size_t close = opens ? text.find('}') : text.npos;
        if (close == text.npos) {
            base += text[0];
            text.remove_prefix(1);
            continue;
        }
        if (!base.empty()) pieces.push_back({base, Level::base});
        base.clear();
        pieces.push_back(
            {std::string(text.substr(2, close - 2)), text[0] == '_' ? Level::sub : Level::super});
        text.remove_prefix(close + 1);
    }
    if (!base.empty()) pieces.push_back({base, Level::base});
    return pieces;
}

std::string escape_html(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string markup_to_html(std::string_view text) {
    std::string html;
    for (const TextPiece& piece : parse_markup(text)) {
        const std::string inner = escape_html(piece.text);
        if (piece.level == Level::base) html += inner;
        if (piece.level == Level::sub) html += "<sub>" + inner + "</sub>";
        if (piece.level == Level::super) html += "<sup>" + inner + "</sup>";
    }
    return html;
}

std::string quote_gnuplot(std::string_view verbatim) {
    std::string quoted = "'";
    for (const char c : printable(verbatim)) {
        quoted += c;
        if (c == '\'') quoted += c;
    }
    return quoted + "'";
}

std::string markup_to_gnuplot(std::string_view text) {
    std::string enhanced;
    for (const TextPiece& piece : parse_markup(printable(text))) {
        const std::string inner = escape_enhanced(piece.text);
        if (piece.level == Level::base) enhanced += inner;
        if (piece.level == Level::sub) enhanced += "_{" + inner + "}";
        if (piece.level == Level::super) enhanced += "^{" + inner + "}";
    }
    return quote_gnuplot(enhanced);
}

double text_width(std::string_view text) {
    double width = 0;
    for (const TextPiece& piece : parse_markup(text))
        for (const char c : piece.text) {
            const auto byte = static_cast<unsigned char>(c);
            const bool is_continuation = (byte & 0xC0) == 0x80;
            if (!is_continuation)
                width += character_width(byte) * (piece.level == Level::base ? 1 : 0.8);
        }
    return width;
}

std::vector<std::string> wrap_text(std::string_view text, double width) {
    std::vector<std::string> lines;
    std::string line;
    while (!text.empty()) {
        const std::size_t space = text.find(' ');
        const std::string word(text.substr(0, space));
        text.remove_prefix(space == text.npos ? text.size() : space + 1);
        if (line.empty()) {
            line = word;
        } else if (text_width(line) + text_width(word) + 0.32 <= width) {
            line += " " + word;
        } else {
            lines.push_back(line);
            line = word;
        }
    }
    if (!line.empty()) lines.push_back(line);
    return lines;
}

}  // namespace dualtape::lab
