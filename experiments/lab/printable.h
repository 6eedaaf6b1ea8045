#pragma once
// Text in one line: for tables, logs and messages, whose lines mean something.

#include <string>
#include <string_view>

namespace dualtape::lab {

// Valid UTF-8 without control characters: these become escapes, \n \r \t, others \x1b, and so do
// bytes that are no UTF-8, as names of folders may hold them: \xff. Everything else stays.
std::string printable(std::string_view text);

// Of a long text the beginning, for messages.
std::string shortened(std::string_view text);

}  // namespace dualtape::lab
