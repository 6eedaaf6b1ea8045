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
        {"`date` @x $1 %d", "`date` @x $1 %d", "'`date` \\@x $1 %d'"},
    };
    for (const auto& row : rows) {
        CHECK(markup_to_html(row.text) == row.html);
        CHECK(markup_to_gnuplot(row.text) == row.gnuplot);
    }
    CHECK(quote_gnuplot("it's_{a}") == "'it''s_{a}'");
}

TEST_CASE("no text can end its quotes or its line in a script of gnuplot") {
    const std::string odd[] = {"a\n!touch PWNED\n#",
                               "'\n!touch PWNED",
                               "\\\n!touch PWNED",
                               "\r\t\x1b",
                               "' '' ",
                               "\\'",
                               "\xff'\n",
                               std::string("a\0b", 3)};
    for (const std::string& text : odd) {
        INFO(text);
        for (const std::string& quoted : {quote_gnuplot(text), markup_to_gnuplot(text)}) {
            REQUIRE(quoted.size() >= 2);
            CHECK(quoted.front() == '\'');
            CHECK(quoted.back() == '\'');
            const std::string inner = quoted.substr(1, quoted.size() - 2);
            for (std::size_t at = 0; at < inner.size(); ++at) {
                CHECK(static_cast<unsigned char>(inner[at]) >= 0x20);
                if (inner[at] == '\'') CHECK(inner.substr(++at, 1) == "'");  // doubled: no end
            }
        }
    }
}

TEST_CASE("what is no text is shown by a sign a byte, the rest as it stands") {
    CHECK(quote_gnuplot("λ 日本 𝔸") == "'λ 日本 𝔸'");
    CHECK(quote_gnuplot("a\nb\x1b") == "'a\\nb\\x1b'");
    CHECK(markup_to_gnuplot("a\nb") == "'a\\\\nb'");
    // Cut off, overlong, surrogate, beyond Unicode, continuation alone.
    CHECK(quote_gnuplot("\xCE") == "'\\xce'");
    CHECK(quote_gnuplot("\xC0\xAF") == "'\\xc0\\xaf'");
    CHECK(quote_gnuplot("\xED\xA0\x80") == "'\\xed\\xa0\\x80'");
    CHECK(quote_gnuplot("\xF4\x90\x80\x80") == "'\\xf4\\x90\\x80\\x80'");
    CHECK(quote_gnuplot("\x80z") == "'\\x80z'");
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
