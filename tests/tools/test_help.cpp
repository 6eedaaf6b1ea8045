// Help texts of the tool dualtape, each as reviewed in tests/golden/dualtape.
#include <algorithm>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/support/lab.h"
#include "tests/support/process.h"

namespace fs = std::filesystem;
using namespace dualtape;

namespace {

// The first words of the entries of a section of the overview; further lines of an entry are
// indented deeper.
std::vector<std::string> entries(const std::string& overview, const std::string& section) {
    std::istringstream lines(overview.substr(overview.find("\n" + section + "\n")));
    std::vector<std::string> words;
    std::string line;
    std::getline(lines, line);
    std::getline(lines, line);
    while (std::getline(lines, line) && !line.empty()) {
        if (line[2] != ' ') words.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
    return words;
}

}  // namespace

TEST_CASE("the help of the tool and of each of its subcommands is as reviewed") {
    const lab::TemporaryFolder folder;
    const auto help = [&](std::vector<std::string> arguments) {
        const ProcessResult result = run_process(DUALTAPE, folder.path, std::move(arguments));
        CHECK(result.code == 0);
        CHECK(result.err.empty());
        return result.out;
    };
    const std::string overview = help({"--help"});
    CHECK(help({"-h"}) == overview);
    lab::check_golden("dualtape/help.txt", overview);
    std::set<std::string> reviewed{"help.txt"};
    const std::vector<std::string> subcommands = entries(overview, "Subcommands");
    REQUIRE(subcommands.size() >= 5);
    for (const std::string& name : subcommands) {
        INFO(name);
        const std::string text = help({name, "--help"});
        CHECK(text.starts_with("dualtape " + name + " - "));
        CHECK(text.find("\nUsage: dualtape " + name) != std::string::npos);
        CHECK(help({name, "RUN", "-h"}) == text);
        lab::check_golden("dualtape/" + name + ".txt", text);
        reviewed.insert(name + ".txt");
    }
    for (const auto& entry :
         fs::directory_iterator(std::string(DUALTAPE_GOLDEN_DIR) + "/dualtape")) {
        CHECK_MESSAGE(reviewed.contains(entry.path().filename().string()),
                      entry.path().string() << " is of no subcommand: remove it");
    }
}
