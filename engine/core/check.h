#pragma once
// Checks of invariants, and the error that a broken one becomes.

#include <sstream>
#include <stdexcept>
#include <string>

namespace dualtape {

// Our own code, or a library user's, broke a rule of the interface. Mistakes in arguments
// (shapes, names, sizes) throw std::invalid_argument instead, with the rule and both sides.
class ContractError : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

template <class Left, class Right>
[[noreturn]] void fail_check(const char* expression, const Left& left, const Right& right,
                             const char* file, int line) {
    std::ostringstream text;
    text << file << ':' << line << ": " << expression << " does not hold: " << left << " against "
         << right;
    throw ContractError(text.str());
}

}  // namespace dualtape

// DUALTAPE_CHECK(size, ==, planned) throws ContractError showing both values.
#define DUALTAPE_CHECK(left, relation, right)                                                 \
    do {                                                                                      \
        const auto& left_value_ = (left);                                                     \
        const auto& right_value_ = (right);                                                   \
        if (!(left_value_ relation right_value_))                                             \
            ::dualtape::fail_check(#left " " #relation " " #right, left_value_, right_value_, \
                                   __FILE__, __LINE__);                                       \
    } while (false)

// The same, in builds without NDEBUG only: for inner code.
#ifdef NDEBUG
#define DUALTAPE_DCHECK(left, relation, right) static_cast<void>(0)
#else
#define DUALTAPE_DCHECK(left, relation, right) DUALTAPE_CHECK(left, relation, right)
#endif
