#pragma once
// JSON as text, for summaries that other programs read.

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace dualtape::lab {

// Members stay in the order in which they were added. Files that build or read one include
// nlohmann/json.hpp, which takes seconds to compile.
using Json = nlohmann::ordered_json;

// Indented by two blanks a level; lists of scalars stand on one line. Ends with a line feed.
// Numbers have the digits of tables; one that is not finite is the word "nan", "inf" or "-inf", as
// JSON has none. Bytes that are no UTF-8 become U+FFFD.
std::string json_text(const Json& json);

}  // namespace dualtape::lab
