// Words for a shell: what it reads is what was meant, and what is printed is plain text.
#include <string>

#include <doctest/doctest.h>

#include "experiments/lab/child.h"
#include "experiments/lab/shell_word.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

namespace {

const std::string kWords[] = {"plain",
                              "",
                              "a b",
                              "it's",
                              "\"double\"",
                              "$HOME",
                              "$(touch PWNED)",
                              "`touch PWNED`",
                              "a;touch PWNED",
                              "a\ntouch PWNED\n#",
                              "a\rb\tc",
                              "\x1b[31mred\x1b[0m",
                              "\x7f",
                              "trailing newline\n",
                              "back\\slash",
                              "back\\slash\nand 'quotes'",
                              "\n7",
                              "~",
                              "*",
                              "a?[b]{c,d}",
                              "!history",
                              "#comment",
                              "-P",
                              "=ls",
                              "λ 日本",
                              "not \xff utf-8"};

}  // namespace

TEST_CASE("a shell reads a quoted word as the bytes it stands for") {
    const auto shell = find_program("bash");
    if (shell.empty()) return;
    TemporaryFolder folder;
    for (const std::string& word : kWords) {
        INFO(word);
        const ChildEnd end = run_child({.program = shell.string(),
                                        .arguments = {"-c", "printf %s " + shell_word(word)},
                                        .folder = folder.path});
        CHECK(end.code == 0);
        CHECK(end.text == word);
    }
    CHECK_FALSE(std::filesystem::exists(folder / "PWNED"));
}

TEST_CASE("no control character of a word reaches the terminal") {
    for (const std::string& word : kWords)
        for (const char c : shell_word(word))
            CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    CHECK(shell_word("runs/first") == "runs/first");
    CHECK(shell_word("a b") == "'a b'");
    CHECK(shell_word("a\nb") == "$'a\\012b'");
    CHECK(shell_word("\u00e9 b") == "'\u00e9 b'");
    CHECK(shell_word("\u00e9\xff") == "$'\\303\\251\\377'");  // what is no text
}

TEST_CASE("a command for a folder enters that folder, whatever its name") {
    const auto shell = find_program("bash");
    if (shell.empty()) return;
    TemporaryFolder folder;
    for (const std::string& word : kWords) {
        if (word.empty() || word == ".") continue;
        INFO(word);
        std::filesystem::create_directory(folder / word);
        const ChildEnd end = run_child({.program = shell.string(),
                                        .arguments = {"-c", shell_in_folder(word, "pwd -P")},
                                        .folder = folder.path});
        const auto real = std::filesystem::canonical(folder / word).string();
        CHECK(end.text == real + "\n");
    }
    CHECK(shell_in_folder("", "gnuplot a.gp") == "gnuplot a.gp");
}
