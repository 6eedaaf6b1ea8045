// The dialect of TOML: what is read, and the refusal of everything else.
#include <sys/stat.h>

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

TEST_CASE("everything outside the dialect is refused with its line") {
    const struct {
        const char* text;
        const char* part;  // of the refusal
    } rows[] = {
        {"a = [1,\n2]", "x.toml:1: arrays over several lines are not read"},
        {"a = \"\"\"b\"\"\"", "texts over several lines"},
        {"\na = 1_000", "x.toml:2: numbers with underscores (1_000) are not read | write 1000"},
        {"a = 0xff", "\"0xff\" is not a decimal number"},
        {"a = 2026-03-01", "neither a number nor text"},
        {"a.b = 1", "dotted names such as a.x are not read"},
        {"\"a\" = 1", "quoted keys are not read"},
        {"a = {b = 1}", "tables inside a line"},
        {"[[a]]", "arrays of tables"},
        {"a = [[1]]", "arrays in arrays"},
        {"a = 1\na = 2", "x.toml:2: \"a\" stands already in line 1"},
        {"[s]\n[s]", "section [s] is opened twice"},
        {"a 1", "\"a\" is not followed by ="},
        {"= 1", "the key is missing"},
        {"a =", "the value after = is missing"},
        {"a = word", "text stands in quotes: \"word\""},
        {"a = \"b", "the text has no closing \""},
        {"a = 1 2", "\"2\" is left over after the value"},
        {"a = .5", "\".5\" is not a number of TOML"},
        {"a = [1 2]", "a comma is missing before \"2]\""},
        {"[s", "[s has no closing ] | write [s]"},
        {"a = \"\\u0041\"", "of the escapes only"},
    };
    for (const auto& row : rows) {
        const std::string message = refusal([&] { toml::parse(row.text, "x.toml"); });
        INFO(std::string(row.text) << " -> " << message);
        CHECK(message.find(row.part) != std::string::npos);
    }
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
    for (const std::string text : {"", "plain", "with \"quotes\" and \\", "tab\tand\nline", "#"}) {
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
          wide(true, 2, ""), wide(false, 4, "\xff\xfe\0\0"s), "\xff\xfe"s, "a = 1\0\n"s}) {
        const std::string message = refusal([&] { toml::parse(text, "a.toml"); });
        CHECK(contains(message, "a.toml: is not UTF-8 text"));
        CHECK(contains(message, "iconv"));
    }
    // Marked UTF-8, and the line ends of Windows, are fine; those of old Macs are told.
    CHECK(toml::parse("\xef\xbb\xbf[a]\r\nb = 1\r\n", "a.toml").entries.size() == 1);
    CHECK(refusal([] { toml::parse("a = 1\rb = 2\r", "a.toml"); }) ==
          "a.toml:1: a carriage return stands inside the line | end lines with line feeds; in a "
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
