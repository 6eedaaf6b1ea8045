#pragma once
// "Did you mean ...?": the known word nearest to a mistyped one.

#include <string>
#include <string_view>
#include <vector>

namespace dualtape::lab {

// Letters to insert, delete, replace or swap with their neighbour to turn one word into the other.
int edit_distance(std::string_view left, std::string_view right);

// The known word at distance 1 or 2 (1 for words up to three letters); "" when there is none.
// Of several equally near ones the first.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

// "a, b, c"
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");

}  // namespace dualtape::lab
