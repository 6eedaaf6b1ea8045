// The command line as a function: merging, refusals and the texts it prints.
#include <doctest/doctest.h>

#include "experiments/lab/cli.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;
using Action = CommandLine::Action;

namespace {

struct Fixture {
    CommonSettings common;
    std::int64_t p = 97;
    std::vector<std::int64_t> depths{1, 2};
    bool norm = false;
    double rate = 1e-3;
    std::string data;
    Options options;
    Program program;

    Fixture() {
        add_common(options, common);
        options.group("model", "Model");
        options.add("p", p, "modulus of the task").at_least(2);
        options.add("depths", depths, "hidden layers, one model each").range(1, 16);
        options.add("norm", norm, "normalise before each layer");
        options.group("train", "Training");
        options.add("learning_rate", rate, "step size of the optimiser").above(0);
        options.add("data", data, "table of samples").is_path();
        options.add_check([this] {
            if (p == 4) throw InputError("p", "must be prime", "take 5");
        });
        program = {.name = "fake", .question = "Does it work?"};
        program.recipes = {{"literal", "seed = 42\n"}, {"quick", "[model]\np = 11\n"}};
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;

    CommandLine parse(const std::vector<std::string>& arguments) {
        return parse_command_line(arguments, program, options);
    }
};

}  // namespace

TEST_CASE("the command line wins over the recipe, the recipe over the defaults") {
    Fixture f;
    const CommandLine command = f.parse({"--recipe", "quick", "--seed", "7", "--norm"});
    CHECK(command.action == Action::run);
    CHECK(command.recipe == "quick");
    CHECK(f.p == 11);
    CHECK(f.common.seed == 7);
    CHECK(f.norm);
    CHECK(f.rate == 1e-3);
    Fixture g;
    g.parse({"--p=13", "--quick"});
    CHECK(g.p == 13);
}

TEST_CASE("a file takes the place of a recipe") {
    TemporaryFolder folder;
    Fixture f;
    spit(folder / "my.toml", "seed = 5\n");
    CHECK(f.parse({"--config", folder / "my.toml"}).recipe == "custom");
    CHECK(f.common.seed == 5);
    CHECK(f.parse({}).recipe == "default");
}

TEST_CASE("values may be empty, start with a hyphen, or stand behind =") {
    Fixture f;
    f.parse({"--data", "-x", "--depths=1..3", "--norm", "off", "--seed", "+3"});
    CHECK(f.data == "-x");
    CHECK(f.depths == std::vector<std::int64_t>{1, 2, 3});
    CHECK_FALSE(f.norm);
    f.parse({"--data", "a=b [c] \"d\" --e"});
    CHECK(f.data == "a=b [c] \"d\" --e");
    f.parse({"--data="});
    CHECK(f.data.empty());
    f.parse({"--data", ""});
    CHECK(f.data.empty());
}

TEST_CASE("all common options are understood") {
    Fixture f;
    const CommandLine command = f.parse({"--out", "a b", "--force", "--quiet", "--stats"});
    CHECK(command.out == "a b");
    CHECK(command.force);
    CHECK(command.quiet);
    CHECK(command.stats);
    CHECK_FALSE(command.resume);
    CHECK(f.parse({"--print-config"}).action == Action::print_config);
    CHECK(f.parse({"--dry-run", "--quick"}).action == Action::dry_run);
    CHECK(f.parse({"--describe"}).action == Action::describe);
    CHECK(f.parse({"--version"}).action == Action::version);
    CHECK(f.parse({"-h"}).action == Action::help);
    CHECK(f.parse({"--no-such-option", "--help"}).action == Action::help);
}

TEST_CASE("--resume --out takes the settings of the folder, and flags on top") {
    TemporaryFolder folder;
    Fixture f;
    f.p = 13;
    spit(folder / "config.toml", f.options.to_toml());
    Fixture g;
    CHECK(g.parse({"--resume", "--out", folder.path}).resume);
    CHECK(g.p == 13);
    g.parse({"--resume", "--out", folder.path, "--threads", "2"});
    CHECK(g.common.threads == 2);
    CHECK(refusal([&] {
              g.parse({"--resume", "--out", folder / "no"});
          }) ==
          (folder / "no").string() + ": holds no run to resume | leave out --resume to start one");
}

TEST_CASE("the configuration that is printed is read back to the same bytes") {
    TemporaryFolder folder;
    Fixture f;
    f.parse({"--quick", "--learning-rate", "0.30000000000000004", "--data", "a \"b\"\\c"});
    const std::string text = f.options.to_toml();
    spit(folder / "c.toml", text);
    Fixture g;
    g.parse({"--config", folder / "c.toml"});
    CHECK(g.options.to_toml() == text);
    CHECK(g.rate == f.rate);
}

TEST_CASE("wrong commands are refused in one line with a remedy") {
    const std::vector<std::vector<std::string>> commands = {
        {"--learnig-rate", "3"},
        {"--learning_rate", "3"},
        {"--lerning-rate=3"},
        {"--nothing-like-it"},
        {"-p", "3"},
        {"--"},
        {"quick"},
        {"quack"},
        {"--depths", "1", "2"},
        {"--p"},
        {"--p", "--seed", "3"},
        {"--p", "1"},
        {"--p", "x"},
        {"--p", ""},
        {"--p", "4"},
        {"--p", "1e2"},
        {"--p", "3", "--p=5"},
        {"--learning-rate", "-1e-3"},
        {"--norm=maybe"},
        {"--precision", "half"},
        {"--precision", "flaot"},
        {"--recipe", "quik"},
        {"--recipe", "long"},
        {"--recipe", ""},
        {"--recipe", "quick", "--config", "x.toml"},
        {"--quick", "--config", "x.toml"},
        {"--quick", "--recipe", "literal"},
        {"--config", "no/such.toml"},
        {"--out", ""},
        {"--quiet=yes"},
        {"--resume", "--force"},
    };
    std::string text;
    for (const std::vector<std::string>& arguments : commands) {
        Fixture f;
        text += "$ fake";
        for (const std::string& argument : arguments)
            text += argument.empty() ? " ''" : " " + argument;
        try {
            f.parse(arguments);
            text += "\naccepted\n";
        } catch (const InputError& error) {
            CHECK(error.exit_code() == 2);
            CHECK_FALSE(error.hint().empty());
            text += "\nerror: " + std::string(error.what()) + "\nhint:  " + error.hint() + "\n";
        }
    }
    CHECK(text.find("accepted") == std::string::npos);
    check_golden("lab/refusals.txt", text);
}

TEST_CASE("a program without recipes says so") {
    Fixture f;
    f.program.recipes.clear();
    CHECK(refusal([&] { f.parse({"--quick"}); }) ==
          "--recipe quick: fake has no recipes | --config FILE reads a file");
}

TEST_CASE("help fits 80 columns") {
    Fixture f;
    f.program.examples = {{"--recipe quick", "in no time"}, {"--p 11", "smaller"}};
    const std::string text = help_text(f.program, f.options);
    check_golden("lab/help.txt", text);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
}

TEST_CASE("the description is a table of all options") {
    Fixture f;
    check_golden("lab/describe.tsv", describe_text(f.program, f.options));
}

TEST_CASE("precision chooses the scalar") {
    const auto size = [](const std::string& precision) {
        return with_precision(precision, []<class Scalar>() { return sizeof(Scalar); });
    };
    CHECK(size("float") == 4);
    CHECK(size("double") == 8);
}
