#pragma once
// Range checks of optimiser settings, with messages that name thing, value and remedy.

#include <sstream>
#include <stdexcept>
#include <string_view>

namespace dualtape::optim {

// Throws std::invalid_argument: "<name> = <value> <rule>". Call it when the rule is broken.
template <class Value>
[[noreturn]] void refuse(std::string_view name, const Value& value, std::string_view rule) {
    std::ostringstream text;
    text << name << " = " << value << ' ' << rule;
    throw std::invalid_argument(text.str());
}

// NaN fails every comparison, so it is refused by all three.
inline void require_non_negative(std::string_view name, double value) {
    if (!(value >= 0.0 && value < 1e300)) refuse(name, value, "must be a number of 0 or more");
}

inline void require_positive(std::string_view name, double value) {
    if (!(value > 0.0 && value < 1e300)) refuse(name, value, "must be a number above 0");
}

inline void require_fraction(std::string_view name, double value) {
    if (!(value >= 0.0 && value < 1.0)) refuse(name, value, "must lie in [0, 1); 0.9 is usual");
}

// Both sides are counts of parameters.
inline void require_size(std::string_view name, long long size, long long expected) {
    if (size == expected) return;
    std::ostringstream text;
    text << name << " has " << size << " entries, but the optimiser was made for " << expected
         << "; pass vectors of the parameter count";
    throw std::invalid_argument(text.str());
}

}  // namespace dualtape::optim
