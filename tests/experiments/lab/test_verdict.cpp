// The verdict: three lines of answer, and the rest of its sentences.
#include "experiments/lab/verdict.h"

#include <doctest/doctest.h>

#include "experiments/lab/markup.h"
#include "experiments/lab/table.h"

using namespace dualtape::lab;

namespace {

std::string repeated(const std::string& part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part;
    return text;
}

}  // namespace

TEST_CASE("a short verdict stands as it is") {
    const Verdict verdict = split_verdict("Yes: × 2.1 per layer [1.8, 2.5], 5 seeds. ");
    CHECK(verdict.answer == "Yes: × 2.1 per layer [1.8, 2.5], 5 seeds.");
    CHECK(verdict.sentences.empty());
    CHECK(split_verdict("").answer.empty());
    CHECK(split_verdict(" \n ").answer.empty());
}

TEST_CASE("the first sentences that fit into three lines are the answer, the others follow") {
    const std::string sentence = "At depth 1 test accuracy is 0.95 from step 1180 on. ";
    const Verdict verdict = split_verdict(repeated(sentence, 12));
    CHECK(verdict.answer.ends_with("from step 1180 on."));
    CHECK(wrap_text(verdict.answer, 52).size() <= 3);
    CHECK(verdict.sentences.size() >= 6);
    for (const std::string& other : verdict.sentences)
        CHECK(other == "At depth 1 test accuracy is 0.95 from step 1180 on.");
    // A short sentence behind one that does not fit keeps its place.
    const Verdict ordered = split_verdict("One. " + repeated("long ", 80) + "two. Three.");
    CHECK(ordered.answer == "One.");
    REQUIRE(ordered.sentences.size() == 2);
    CHECK(ordered.sentences[1] == "Three.");
}

TEST_CASE("lines are sentences too, numbers with a point are none") {
    const Verdict verdict = split_verdict(repeated("hessian: 0.95 at step 3\n", 2) +
                                          repeated("ggn: 1 at step 3\n", 40));
    CHECK(verdict.answer.starts_with("hessian: 0.95 at step 3 hessian: 0.95 at step 3 ggn"));
    CHECK(verdict.sentences.back() == "ggn: 1 at step 3");
}

TEST_CASE("a first sentence of more than three lines is cut at a word and stands in full below") {
    const std::string sentence = "The networks memorise at step " + repeated("110, ", 90) + "111.";
    const Verdict verdict = split_verdict(sentence + " One seed.");
    CHECK(verdict.answer.ends_with("110, …"));
    CHECK(wrap_text(verdict.answer, 52).size() == 3);
    CHECK(verdict.sentences == std::vector<std::string>{sentence, "One seed."});
}
