#pragma once
// Plain text with _{sub} and ^{superscript}: the one notation of labels in figures and reports.

#include <string>
#include <string_view>
#include <vector>

namespace dualtape::lab {

struct TextPiece {
    enum class Level { base, sub, super };
    std::string text;
    Level level = Level::base;
};

// A brace without its partner and everything else is text as it stands; scripts do not nest.
std::vector<TextPiece> parse_markup(std::string_view text);

// With & < > " ' escaped, fit for text and for attributes.
std::string escape_html(std::string_view text);
std::string markup_to_html(std::string_view text);

// The only way of a text into a script of gnuplot: in single quotes, where gnuplot reads neither
// `commands`, @macros nor escapes; and printable, as a line break would end the command and bytes
// that are no UTF-8 would spoil the SVG.
std::string quote_gnuplot(std::string_view verbatim);
// The same for enhanced mode, where every character outside _{} and ^{} stands for itself.
std::string markup_to_gnuplot(std::string_view text);

// Estimated width in units of the font size, after the widths of DejaVu Sans. Room is kept for
// labels by this number, so it errs on the wide side.
double text_width(std::string_view text);

// The text in lines of at most `width` units, broken at spaces.
std::vector<std::string> wrap_text(std::string_view text, double width);

}  // namespace dualtape::lab
