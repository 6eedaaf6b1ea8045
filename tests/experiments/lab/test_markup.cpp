// Text with sub- and superscripts: for gnuplot, for HTML, and how wide it is.
#include <string>

#include <doctest/doctest.h>

#include "experiments/lab/markup.h"

using namespace dualtape::lab;

TEST_CASE("scripts are found, everything else is text as it stands") {
    const struct {
        const char *text, *html, *gnuplot;
    } rows[] = {
        {"", "", "''"},
        {"λ_{max}", "λ<sub>max</sub>", "'λ_{max}'"},
        {"10^{-3} s", "10<sup>-3</sup> s", "'10^{-3} s'"},
        {"a_b^c", "a_b^c", "'a\\_b\\^c'"},
        {"x_{", "x_{", "'x\\_\\{'"},
        {"{y}", "{y}", "'\\{y\\}'"},
        {"it's", "it&#39;s", "'it''s'"},
        {"a & b < c > d \"e\"", "a &amp; b &lt; c &gt; d &quot;e&quot;", "'a \\& b < c > d \"e\"'"},
        {"\\n @ ~", "\\n @ ~", "'\\\\n \\@ \\~'"},
        {"_{<b>}", "<sub>&lt;b&gt;</sub>", "'_{<b>}'"},
        {"_{a_{b}}", "<sub>a_{b</sub>}", "'_{a\\_\\{b}\\}'"},
    };
    for (const auto& row : rows) {
        CHECK(markup_to_html(row.text) == row.html);
        CHECK(markup_to_gnuplot(row.text) == row.gnuplot);
    }
    CHECK(quote_gnuplot("it's_{a}") == "'it''s_{a}'");
}

TEST_CASE("width counts characters, not bytes and not marks") {
    CHECK(text_width("") == 0);
    CHECK(text_width("MM") == 2 * text_width("M"));
    CHECK(text_width("λλ") == 2 * text_width("λ"));
    CHECK(text_width("a_{b}") < text_width("ab"));
    CHECK(text_width("W") > text_width("i"));
}

TEST_CASE("lines are broken at spaces and no word is lost") {
    CHECK(wrap_text("", 10).empty());
    CHECK(wrap_text("unbreakable", 1) == std::vector<std::string>{"unbreakable"});
    CHECK(wrap_text("a b", 100) == std::vector<std::string>{"a b"});
    const std::string text = "test loss falls long after train loss";
    for (double width = 1; width < 30; ++width) {
        std::string joined;
        for (const std::string& line : wrap_text(text, width)) {
            const bool is_one_word = line.find(' ') == line.npos;
            CHECK((text_width(line) <= width || is_one_word));
            joined += (joined.empty() ? "" : " ") + line;
        }
        CHECK(joined == text);
    }
}
