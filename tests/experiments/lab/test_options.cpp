// Options: assignment from files and flags, rules, and the way back into a file.
#include <doctest/doctest.h>

#include "engine/core/check.h"
#include "experiments/lab/options.h"
#include "tests/support/lab.h"

using namespace dualtape;
using namespace dualtape::lab;

namespace {

struct Settings {
    std::int64_t seed = 0;
    double rate = 1e-3;
    bool norm = false;
    std::string kind = "adamw";
    std::vector<std::int64_t> depths{1, 2};
    std::vector<double> rates{0.5};
    std::vector<std::string> names;
    std::int64_t batch = kAutoInteger;
    double beta = kAutoReal;
    std::int64_t pause = 0;
    Options options;

    Settings() {
        options.add("seed", seed, "s").at_least(0);
        options.group("train", "Training");
        options.add("rate", rate, "r").above(0).below(1);
        options.add("norm", norm, "n");
        options.add("kind", kind, "k").choices({"adamw", "sgd"});
        options.add("depths", depths, "d").range(1, 16).distinct();
        options.add("rates", rates, "rs");
        options.add("names", names, "ns").may_be_empty();
        options.group("llc", "Estimates");
        options.add("batch", batch, "b").at_least(1).automatic("all");
        options.add("beta", beta, "b").above(0).automatic("1 / log n");
        options.add("pause", pause, "p").neutral();
    }
    Settings(const Settings&) = delete;
    Settings& operator=(const Settings&) = delete;

    std::string assign(const std::string& toml) {
        return refusal([&] { options.assign(toml::parse(toml, "x.toml"), "x.toml"); });
    }
    std::string type(const std::string& key, const std::string& typed) {
        return refusal([&] { options.find(key)->assign(typed, "--" + key + " " + typed); });
    }
};

}  // namespace

TEST_CASE("settings written as a file and read back are the same bytes") {
    Settings one, two;
    one.rate = 1.0 / 3;
    one.depths = {3};
    one.names = {"a \"b\"", "c,d"};
    one.beta = 0.1 + 0.2;
    const std::string text = one.options.to_toml();
    CHECK(two.assign(text) == "accepted");
    CHECK(two.options.to_toml() == text);
    CHECK(two.rate == one.rate);
    CHECK(two.beta == one.beta);
    CHECK(is_auto(two.batch));
    CHECK(two.names == one.names);
}

TEST_CASE("typed values reach their variables") {
    Settings s;
    CHECK(s.type("seed", "+7") == "accepted");
    CHECK(s.type("rate", ".5") == "accepted");
    CHECK(s.type("norm", "on") == "accepted");
    CHECK(s.type("depths", "1, 3..5") == "accepted");
    CHECK(s.type("rates", "1,2e-3") == "accepted");
    CHECK(s.type("names", "") == "accepted");
    CHECK(s.type("batch", "8") == "accepted");
    CHECK(s.type("beta", "auto") == "accepted");
    CHECK(s.seed == 7);
    CHECK(s.rate == 0.5);
    CHECK(s.norm);
    CHECK(s.depths == std::vector<std::int64_t>{1, 3, 4, 5});
    CHECK(s.rates == std::vector<double>{1, 2e-3});
    CHECK(s.names.empty());
    CHECK(s.batch == 8);
    CHECK(is_auto(s.beta));
}

TEST_CASE("a value as it is typed reads back the same, whatever its texts hold") {
    for (const char* typed : {"layers.0[0:3]", "a,b[1],\"c d\"", "a"}) {
        Settings s, again;
        CHECK(s.type("names", typed) == "accepted");
        CHECK(again.type("names", s.options.find("names")->text_value()) == "accepted");
        CHECK(again.names == s.names);
        CHECK(s.options.find("names")->text_value() == typed);
    }
    Settings s;
    CHECK(s.options.find("depths")->text_value() == "1,2");
    CHECK(s.options.find("rates")->text_value() == "0.5");
}

TEST_CASE("wrong values are refused with thing, value and rule, and change nothing") {
    Settings s;
    const struct {
        const char* key;
        const char* typed;
        const char* message;
    } rows[] = {
        {"seed", "-1", "--seed -1: must be at least 0 | seed is 0 when it is not given"},
        {"seed", "x", "--seed x: must be a whole number | seed is 0 when it is not given"},
        {"seed", "5e3",
         "--seed 5e3: must be a whole number, written without point or exponent | write 5000"},
        {"rate", "1",
         "--rate 1: must be more than 0, less than 1 | rate is 0.001 when it is not given"},
        {"rate", "nan", "--rate nan: must be a finite number | rate is 0.001 when it is not given"},
        {"kind", "adam", "--kind adam: must be one of adamw, sgd | did you mean \"adamw\"?"},
        {"norm", "2", "--norm 2: must be true or false | norm is false when it is not given"},
        {"depths", "1,17", "--depths 1,17: must be 1 to 16 | depths is 1,2 when it is not given"},
        {"depths", "5..3",
         "--depths 5..3: must be a whole number | depths is 1,2 when it is not given"},
        {"depths", "1,2,1", "--depths 1,2,1: holds 1 twice | list every value once"},
        {"depths", "1..3,2", "--depths 1..3,2: holds 2 twice | list every value once"},
        {"depths", "", "--depths : needs at least one value | depths is 1,2 when it is not given"},
    };
    const std::string before = s.options.to_toml();
    for (const auto& row : rows) CHECK(s.type(row.key, row.typed) == row.message);
    CHECK(s.options.to_toml() == before);
}

TEST_CASE("numbers that the training would not hold in float are refused by name") {
    double value = 0;
    Options options;
    Option& above_zero = options.add("epsilon", value, "e").above(0).in_training();
    Option& fraction = options.add("beta", value, "b").at_least(0).below(1).in_training();
    Option& measured = options.add("tolerance", value, "t").above(0);
    const auto check = [&](const Option& option, double number) {
        value = number;
        return refusal([&] { option.check_precision(); });
    };
    CHECK(check(above_zero, 1e-46) ==
          "--epsilon 1e-46: is 0 in float, in which the training computes | choose a number that "
          "float holds, or --precision double");
    CHECK(contains(check(above_zero, 1e300), "--epsilon 1e+300: is inf in float"));
    CHECK(contains(check(above_zero, 3.5e38), "is inf in float"));
    CHECK(contains(check(fraction, 1 - 1e-9), "is 1 in float"));
    CHECK(contains(check(fraction, 1e-60), "is 0 in float"));
    CHECK(check(fraction, 0) == "accepted");
    CHECK(check(fraction, 0.9999) == "accepted");
    CHECK(check(above_zero, 1e-45) == "accepted");  // the smallest float, 1.4e-45
    CHECK(check(above_zero, 3.4e38) == "accepted");
    CHECK(check(measured, 1e-300) == "accepted");  // not of the training
}

TEST_CASE("seeds end where doubles no longer tell whole numbers apart") {
    std::int64_t seed = 0;
    Options options;
    Option& option = options.add("seed", seed, "s").range(0, static_cast<double>(kLargestSeed));
    const auto type = [&](const std::string& typed) {
        return refusal([&] { option.assign(typed, "--seed " + typed); });
    };
    CHECK(type("9007199254740991") == "accepted");
    CHECK(seed == kLargestSeed);
    for (const std::string typed : {"9007199254740992", "9007199254740993", "1764521234567890123",
                                    "9223372036854775807", "99999999999999999999"}) {
        const std::string said = type(typed);
        CHECK(contains(said, "--seed " + typed + ": must be 0 to 9007199254740991"));
    }
    CHECK(seed == kLargestSeed);
}

TEST_CASE("unknown keys and sections of a file are refused with a suggestion") {
    Settings s;
    CHECK(s.assign("[train]\nraet = 1") ==
          "x.toml:2: unknown key \"raet\" in [train] | did you mean \"rate\"?  --help lists all "
          "keys");
    CHECK(s.assign("[trian]\nrate = 1") ==
          "x.toml:1: unknown section [trian] | did you mean [train]?");
    CHECK(s.assign("rate = 0.1") ==
          "x.toml:1: \"rate\" does not belong before the first section | move it to [train]");
    CHECK(s.assign("[train]\nseed = 1") ==
          "x.toml:2: \"seed\" does not belong in [train] | move it above the first [section]");
    CHECK(s.assign("[train]\nrate = 2") ==
          "x.toml:2: rate = 2: must be more than 0, less than 1 | rate is 0.001 when it is not "
          "given");
    CHECK(s.assign("[train]\nrate = \"0.1\"") ==
          "x.toml:2: rate = \"0.1\": must be a number | rate is 0.001 when it is not given");
    CHECK(s.assign("[train]\ndepths = 3") ==
          "x.toml:2: depths = 3: must be a list: [1, 2] | depths is 1,2 when it is not given");
    CHECK(s.assign("seed = [1]") ==
          "x.toml:1: seed = [1]: must be one value, not a list | seed is 0 when it is not given");
    CHECK(s.assign("[train]\nkind = 3") ==
          "x.toml:2: kind = 3: must be text in quotes | write \"3\"");
    CHECK(s.assign("[train]\ndepths = [1, \"a\"]") ==
          "x.toml:2: depths = [1, \"a\"]: must be a whole number | depths is 1,2 when it is not "
          "given");
    CHECK(s.assign("[train]\nnames = [\"a\", [1]]") ==
          "x.toml:2: names = [\"a\", [1]]: must be text in quotes | write \"[1]\"");
    CHECK(s.assign("[train]\nrates = [[0.5]]") ==
          "x.toml:2: rates = [[0.5]]: must be a number | rates is 0.5 when it is not given");
    CHECK(s.assign("[train]\nrate = inf") ==
          "x.toml:2: rate = inf: must be a finite number | rate is 0.001 when it is not given");
    CHECK(s.assign("seed = 5e3") ==
          "x.toml:1: seed = 5000.0: must be a whole number, written without point or exponent | "
          "write 5000");
    CHECK(contains(s.assign("seed = 99999999999999999999"),
                   "x.toml:1: seed: 99999999999999999999 does not fit into 64 bits"));
    CHECK(s.assign("train.raet = 1") ==
          "x.toml:1: unknown key \"raet\" in [train] | did you mean \"rate\"?  --help lists all "
          "keys");
    const std::string text(10000, 'x');
    CHECK(s.assign("[train]\nkind = \"" + text + '"').size() < 250);
    CHECK(s.assign("[train]\n" + text + " = 1").size() < 250);
    CHECK(s.assign("[" + text + "]").size() < 250);
}

TEST_CASE("values are those of TOML, however they are written") {
    Settings s;
    CHECK(s.assign("seed = 0x10\nllc.pause = 1_000\n[train]\nrate = 5e-1\ndepths = [\n  3,\n  4,\n]"
                   "\nnames = [\"\\u00e9\", 'a\\b']") == "accepted");
    CHECK(s.seed == 16);
    CHECK(s.pause == 1000);
    CHECK(s.rate == 0.5);
    CHECK(s.depths == std::vector<std::int64_t>{3, 4});
    CHECK(s.names == std::vector<std::string>{"\u00e9", "a\\b"});
}

TEST_CASE("only settings that change results are part of the canonical text") {
    Settings s;
    const std::string before = s.options.canonical();
    s.pause = 5;
    CHECK(s.options.canonical() == before);
    s.seed = 1;
    CHECK(s.options.canonical() != before);
}

TEST_CASE("a key added twice is a mistake of the program") {
    Settings s;
    CHECK_THROWS_AS(s.options.add("rate", s.rate, "again"), ContractError);
}

TEST_CASE("groups that are opened again keep their settings together") {
    Settings s;
    double momentum = 0;
    s.options.group("train", "Training");
    s.options.add("momentum", momentum, "m");
    CHECK(s.options.find("momentum")->group() == "train");
    CHECK(s.options.groups().size() == 3);
}
