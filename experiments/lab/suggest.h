#pragma once
// Words in messages: "did you mean ...?" and lists of words.

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/names.h"

namespace dualtape::lab {

// The known word within two edits, one for words of two or three letters, none for shorter ones;
// "" when there is none.
inline std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
    return nearest_name(word, known, word.size() <= 1 ? 0 : word.size() <= 3 ? 1 : 2);
}

// "a, b, c"
inline std::string join(const std::vector<std::string>& words, std::string_view separator = ", ") {
    std::string joined;
    for (const std::string& word : words) {
        if (&word != &words.front()) joined += separator;
        joined += word;
    }
    return joined;
}

}  // namespace dualtape::lab
