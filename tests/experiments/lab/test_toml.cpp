// Settings in TOML: what is read, and the refusal of everything else by file, line and key.
#include <sys/stat.h>

#include <chrono>
#include <limits>

#include <doctest/doctest.h>

#include "experiments/lab/toml.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

TEST_CASE("a document is read with sections, kinds and lines") {
    const toml::Document document = toml::parse(
        "\xef\xbb\xbfseed = 3 # first\r\n\n[train]\nrate = 1e-3\nname = \"a#\\\"b\\\\\"\n"
        "on = true\nraw = 'a\\b'\nlist = [1, 2, ]\nnone = []\n",
        "x.toml");
    REQUIRE(document.entries.size() == 7);
    CHECK(document.sections == std::vector<std::string>{"train"});
    CHECK(document.find("", "seed")->value.kind == toml::Value::Kind::integer);
    CHECK(document.find("", "seed")->line == 1);
    CHECK(document.find("train", "rate")->value.kind == toml::Value::Kind::real);
    CHECK(document.find("train", "name")->value.text == "a#\"b\\");
    CHECK(document.find("train", "raw")->value.text == "a\\b");
    CHECK(document.find("train", "list")->value.items.size() == 2);
    CHECK(document.find("train", "none")->value.items.empty());
    CHECK(document.find("", "rate") == nullptr);
}

TEST_CASE("whatever TOML has for a setting is read") {
    const toml::Document document = toml::parse(
        "big = 1_000\nmask = 0xff\n\"quoted\" = +7\ntext = \"\"\"\none\ntwo\"\"\"\n"
        "model.p = 5\ntrain = {rate = 1e1, on = false}\n[data]\nlist = [\n  1,  # first\n  2,\n]\n"
        "raw = '''a\\b'''\nunicode = \"\\u00e9\"\nend = -inf\nodd = nan\n",
        "x.toml");
    const auto text = [&](const char* section, const char* key) {
        const toml::Entry* entry = document.find(section, key);
        REQUIRE(entry);
        return toml::write(entry->value);
    };
    CHECK(document.sections == std::vector<std::string>{"model", "train", "data"});
    CHECK(document.section_lines == std::vector<int>{7, 8, 9});
    CHECK(text("", "big") == "1000");
    CHECK(text("", "mask") == "255");
    CHECK(text("", "quoted") == "7");
    CHECK(text("", "text") == "\"one\\ntwo\"");
    CHECK(text("model", "p") == "5");
    CHECK(text("train", "rate") == "10.0");
    CHECK(text("train", "on") == "false");
    CHECK(text("data", "list") == "[1, 2]");
    CHECK(document.find("data", "list")->line == 10);
    CHECK(document.find("data", "raw")->line == 14);
    CHECK(text("data", "raw") == "\"a\\\\b\"");
    CHECK(text("data", "unicode") == "\"\u00e9\"");
    CHECK(text("data", "end") == "-inf");
    CHECK(text("data", "odd") == "nan");
    // Entries stand in the order of the file, not of their names.
    CHECK(document.entries.front().key == "big");
    CHECK(document.entries.back().key == "odd");
}

TEST_CASE("everything else is refused with file, line, key and remedy") {
    using namespace std::string_literals;
    const struct {
        std::string text;
        const char* part;  // of the refusal
    } rows[] = {
        // Twice.
        {"a = 1\na = 2", "x.toml:2: a: stands already in line 1 | keep one of the two"},
        {"[s]\na = 1\n[t]\na = 1\nb = 2\na = 3", "x.toml:6: a: stands already in line 4 | keep"},
        {"\"a\" = 1\na = 2", "x.toml:2: a: stands already in line 1"},
        {"a = [\n1]\na = 2", "x.toml:3: a: stands already in line 1"},
        {"[s]\n[s]", "x.toml:2: [s]: stands already in line 1 | put its keys into one place"},
        {"s = 1\n[s]", "x.toml:2: [s]: stands already in line 1"},
        {"t = {a = 1}\nt.a = 2", "x.toml:2: t.a: stands already in line 1"},
        // Texts.
        {"a = \"b", "x.toml:1: a: the text has no closing quote | close it in its line"},
        {"a = \"b\nc = 1", "x.toml:1: a: the text has no closing quote"},
        {"a = 'b\r\nc = 1", "x.toml:1: a: the text has no closing quote"},
        {"z = 1\na = \"\"\"b\nc = 1\n\n", "x.toml:2: a: the text has no closing quote"},
        {"a = \"\\q\"", "x.toml:1: a: unknown escape sequence '\\q' | put the text into 'single q"},
        {"a = \"\\u12\"", "x.toml:1: a: a character is written \\u and four hexadecimal digits"},
        {"b = 1\n\na = [\n\"\\q\"]", "x.toml:4: a: unknown escape sequence '\\q'"},
        {"a = \"x\ry\"", "x.toml:1: a: a carriage return stands inside the line | end lines with"},
        {"a = \"\x01\"", "x.toml:1: a: holds a control character | remove it; in a text write"},
        {"b = 1\na = \"\0\""s, "x.toml:2: a: holds a control character"},
        {"b = 1\na = 2\0\n"s, "x.toml:2: a: holds a control character"},
        {"b = 1\n\xff", "x.toml:2: \\xff: is not UTF-8 text"},
        {"b = 1\na = \"\xff\"\n", "x.toml:2: a: is not UTF-8 text | save it as UTF-8: iconv"},
        // Numbers, words, dates.
        {"a = .5", "x.toml:1: a: \".5\" is not a number of TOML | digits stand on both sides"},
        {"a = 5.", "x.toml:1: a: \"5.\" is not a number of TOML | digits stand on both sides"},
        {"a = 007", "x.toml:1: a: \"007\" is not a number of TOML | leave out the zeros in front"},
        {"a = 1__0", "x.toml:1: a: \"1__0\" is not a number of TOML | an underscore stands"},
        {"a = 1d", "x.toml:1: a: \"1d\" is neither a number nor true or false"},
        {"a = [1,\n 99999999999999999999]", "x.toml:2: a: 99999999999999999999 does not fit into"},
        {"a = -9223372036854775809", "x.toml:1: a: -9223372036854775809 does not fit into 64 bits"},
        {"a = 1e999", "x.toml:1: a: 1e999 does not fit into 64 bits | real numbers end"},
        {"a = " + std::string(200, '1'), "x.toml:1: a: \"11111"},
        {"a = C:\\x", "stands in quotes: \"C:\\\\x\""},
        {"a = word # x",
         "x.toml:1: a: \"word\" is neither a number nor true or false | text, dates "
         "included, stands in quotes: \"word\""},
        {"a = [true,\n\n False]", "x.toml:3: a: \"False\" is neither a number nor true or false"},
        {"a = 2026-03-01",
         "x.toml:1: a: is or holds a date or a time, which no setting does | text"},
        {"b = 1\na = [10:20:30]", "x.toml:2: a: is or holds a date or a time"},
        {"a = 2026-13-01",
         "x.toml:1: a: expected month between 1 and 12 (inclusive), saw 13 | text, "
         "dates included, stands in \"quotes\""},
        // Lists and tables.
        {"a = [1,\n2", "x.toml:1: a: the list has no closing ]"},
        {"a = [1 2]", "x.toml:1: a: a comma or ] is missing before \"2]\""},
        {"a = [1, , 2]",
         "x.toml:1: a: expected value or closing ']', saw comma | one comma stands"},
        {"a = " + std::string(300, '['), "x.toml:1: a: lists lie too deep in lists"},
        {"[[a]]\nb = 1",
         "x.toml:1: a: is or holds a table, which no setting does | settings stand"},
        {"[a]\nb = [{c = 1}]", "x.toml:2: b: is or holds a table"},
        {"[a.b]\nc = 1", "x.toml:1: b: is or holds a table"},
        {"a = {b = 1", "x.toml:1: a: encountered end-of-file | a table in a line reads"},
        {std::string(6000, '.'), "x.toml: holds more than 5000 points"},
        // Lines.
        {"a 1", "x.toml:1: a: is not followed by = | a line reads: key = value"},
        {"a", "x.toml:1: a: is not followed by ="},
        {"a: 1", "x.toml:1: a: is not followed by ="},
        {"= 1", "x.toml:1: \"= 1\" does not begin with a key"},
        {"\u00e9 = 1", "x.toml:1: \u00e9: \"\u00e9 = 1\" does not begin with a key"},
        {"a =", "x.toml:1: a: the value after = is missing"},
        {"a = # x\n", "x.toml:1: a: the value after = is missing"},
        {"a =\nb = 1", "x.toml:1: a: the value after = is missing"},
        {"a = 1 2",
         "x.toml:1: a: \"2\" is left over at the end of the line | one key = value a line"},
        {"[s", "x.toml:1: [s: has no closing ] | a section reads: [name]"},
        {"[s\na = 1", "x.toml:1: [s: has no closing ]"},
        {"[]", "x.toml:1: []: tables with blank bare keys are explicitly prohibited | a section"},
    };
    for (const auto& row : rows) {
        const std::string message = refusal([&] { toml::parse(row.text, "x.toml"); });
        INFO(row.text.substr(0, 80) << " -> " << message);
        CHECK(message.find(row.part) != std::string::npos);
        CHECK(message.find(" | ") + 3 < message.size());  // the remedy
        CHECK(message.size() < 400);
    }
}

TEST_CASE("a long text, line or list is read or refused in no time") {
    const auto seconds_of = [](const std::string& text, const char* part) {
        const auto begin = std::chrono::steady_clock::now();
        const std::string message = refusal([&] { toml::parse(text, "x.toml"); });
        const auto end = std::chrono::steady_clock::now();
        INFO(message);
        CHECK(contains(message, part));
        CHECK(message.size() < 400);
        return std::chrono::duration<double>(end - begin).count();
    };
    std::string numbers = "a = [", lines, names;
    for (int i = 0; i < 100000; ++i) numbers += "1, ";
    for (int i = 0; i < 50000; ++i) lines += "k" + std::to_string(i) + " = 1\n";
    for (int i = 0; i < 500000; ++i) names += "a.";
    const std::string text(10'000'000, 'x');
    // Each takes tenths of a second; the limit leaves room for sanitizers.
    CHECK(seconds_of("a = \"" + text + "\"\n", "accepted") < 5);
    CHECK(seconds_of("a = \"" + text, "x.toml:1: a: the text has no closing quote") < 5);
    CHECK(seconds_of("a = " + text, "is neither a number nor true or false") < 5);
    CHECK(seconds_of(text + " = 1", "accepted") < 5);
    CHECK(seconds_of(numbers + "]\n", "accepted") < 5);
    CHECK(seconds_of(numbers, "x.toml:1: a: the list has no closing ]") < 5);
    CHECK(seconds_of(lines + "k7 = 1", "x.toml:50001: k7: stands already in line 8") < 5);
    CHECK(seconds_of("a = \"\"\"" + lines, "x.toml:1: a: the text has no closing quote") < 5);
    CHECK(seconds_of(names + "a = 1", "x.toml: holds more than 5000 points") < 5);
}

TEST_CASE("numbers are written with the shortest digits that read back the same") {
    const double reals[] = {
        0,       -0.0,  1,      0.1,           1e-3,
        1.0 / 3, 1e300, 5e-324, 123456789.125, std::numeric_limits<double>::max()};
    for (double real : reals) {
        double back = 1;
        CHECK(toml::read_real(toml::write(real), back));
        CHECK(back == real);
        const auto value = toml::parse("a = " + toml::write(real), "x").entries[0].value;
        CHECK(value.kind == toml::Value::Kind::real);
    }
    CHECK(toml::write(0.001) == "0.001");
    CHECK(toml::write(1.0) == "1.0");
    const std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    std::int64_t back = 0;
    CHECK(toml::read_integer(toml::write(lowest), back));
    CHECK(back == lowest);
    CHECK_FALSE(toml::read_integer("9223372036854775808", back));
    double real = 0;
    CHECK_FALSE(toml::read_real("1e999", real));
    CHECK_FALSE(toml::read_real("0x10", real));
}

TEST_CASE("text survives writing and reading") {
    for (const std::string text : {"", "plain", "with \"quotes\" and \\", "tab\tand\nline", "#",
                                   "\x01\x1b[1m\x7f", "\u00e9"}) {
        const toml::Document document = toml::parse("a = " + toml::write(text), "x");
        CHECK(document.entries[0].value.text == text);
    }
}

TEST_CASE("a number has one sign") {
    std::int64_t value = 7;
    for (const char* text :
         {"+-1", "-+1", "++1", "--1", "+", "-", "+ 1", "+-9223372036854775808"}) {
        INFO(text);
        CHECK_FALSE(toml::read_integer(text, value));
        double real = 7;
        CHECK_FALSE(toml::read_real(text, real));
    }
    CHECK(value == 7);
    CHECK(toml::read_integer("+1", value));
    CHECK(value == 1);
}

TEST_CASE("text in other encodings than UTF-8 is refused as such") {
    const std::string ascii = "[train]\nsteps = 3\n";
    const auto wide = [&](bool is_big, int bytes, const std::string& mark) {
        std::string text = mark;
        for (const char c : ascii) {
            std::string one(static_cast<std::size_t>(bytes), '\0');
            (is_big ? one.back() : one.front()) = c;
            text += one;
        }
        return text;
    };
    using namespace std::string_literals;
    for (const std::string& text :
         {wide(false, 2, "\xff\xfe"), wide(true, 2, "\xfe\xff"), wide(false, 2, ""),
          wide(true, 2, ""), wide(false, 4, "\xff\xfe\0\0"s), "\xff\xfe"s}) {
        const std::string message = refusal([&] { toml::parse(text, "a.toml"); });
        CHECK(contains(message, "a.toml: is not UTF-8 text"));
        CHECK(contains(message, "iconv"));
    }
    // Marked UTF-8, and the line ends of Windows, are fine; those of old Macs are told.
    CHECK(toml::parse("\xef\xbb\xbf[a]\r\nb = 1\r\n", "a.toml").entries.size() == 1);
    CHECK(refusal([] { toml::parse("a = 1\rb = 2\r", "a.toml"); }) ==
          "a.toml:1: a: a carriage return stands inside the line | end lines with line feeds; in a "
          "text write \\r");
}

TEST_CASE("a text with any line break is read back as it was written") {
    const std::string name = "a\rb\nc\td\"e\\f";
    const toml::Document document = toml::parse("out = " + toml::write(name) + "\n", "a.toml");
    CHECK(document.find("", "out")->value.text == name);
}

TEST_CASE("a file of settings has an end") {
    TemporaryFolder folder;
    REQUIRE(::mkfifo((folder / "pipe.toml").c_str(), 0600) == 0);
    CHECK(contains(refusal([&] { toml::read(folder / "pipe.toml"); }), "is a pipe, not a file"));
    spit(folder / "large.toml", std::string(1100000, '#'));
    CHECK(contains(refusal([&] { toml::read(folder / "large.toml"); }), "more than 1048576 bytes"));
}
