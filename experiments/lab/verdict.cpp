#include "experiments/lab/verdict.h"

#include "experiments/lab/markup.h"

namespace dualtape::lab {
namespace {

constexpr double kLineWidth = 52;  // of the verdict's box in sizes of its font; see report_style.h
constexpr std::size_t kMaxLines = 3;

bool fits(std::string_view text) { return wrap_text(text, kLineWidth).size() <= kMaxLines; }

// Split after . ! ? before a blank, and at line breaks; numbers like 0.95 hold none.
std::vector<std::string> sentences_of(std::string_view text) {
    std::vector<std::string> sentences(1);
    const auto end_sentence = [&] {
        while (sentences.back().ends_with(' ')) sentences.back().pop_back();
        if (!sentences.back().empty()) sentences.emplace_back();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' || text[i] == ' ') {
            const bool is_end = i > 0 && std::string_view(".!?").find(text[i - 1]) != text.npos;
            if (text[i] == '\n' || is_end) end_sentence();
            if (text[i] == ' ' && !sentences.back().empty()) sentences.back() += ' ';
        } else {
            sentences.back() += text[i];
        }
    }
    end_sentence();
    sentences.pop_back();
    return sentences;
}

std::string cut_to_fit(std::string text) {
    do {
        text.erase(text.rfind(' ') == text.npos ? 0 : text.rfind(' '));
    } while (!text.empty() && !fits(text + " …"));
    return text + " …";
}

}  // namespace

Verdict split_verdict(std::string_view text) {
    Verdict verdict;
    for (const std::string& sentence : sentences_of(text)) {
        const std::string longer =
            verdict.answer.empty() ? sentence : verdict.answer + " " + sentence;
        if (verdict.sentences.empty() && fits(longer))
            verdict.answer = longer;
        else
            verdict.sentences.push_back(sentence);
    }
    if (verdict.answer.empty() && !verdict.sentences.empty())
        verdict.answer = cut_to_fit(verdict.sentences[0]);
    return verdict;
}

}  // namespace dualtape::lab
