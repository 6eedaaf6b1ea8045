#pragma once
// The verdict of a report: three lines that answer its question, and the sentences that follow.

#include <string>
#include <string_view>
#include <vector>

namespace dualtape::lab {

struct Verdict {
    std::string answer;                  // at most three lines of the page at its full width
    std::vector<std::string> sentences;  // what did not fit, in its order
};

// text: sentences, or lines, the most important first. A first sentence that is too long for three
// lines is cut at a word, with an ellipsis, and stands in full among the others.
Verdict split_verdict(std::string_view text);

}  // namespace dualtape::lab
