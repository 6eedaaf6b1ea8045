#pragma once
// Arguments that an analysis cannot take.

#include <stdexcept>
#include <string>

namespace dualtape::lab {

// Throws std::invalid_argument of the text.
[[noreturn]] inline void refuse(const std::string& text) { throw std::invalid_argument(text); }
// The same of "analysis: text".
[[noreturn]] inline void refuse(const std::string& analysis, const std::string& text) {
    refuse(analysis + ": " + text);
}

// The same unless that holds.
inline void require(bool holds, const std::string& text) {
    if (!holds) refuse(text);
}
inline void require(bool holds, const std::string& analysis, const std::string& text) {
    if (!holds) refuse(analysis, text);
}

}  // namespace dualtape::lab
