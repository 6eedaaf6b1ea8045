// Whether the settings of a run are those of a recipe, key by key.
#include "experiments/study/recipe_match.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "experiments/lab/suggest.h"
#include "experiments/study/recipes.h"
#include "tests/support/lab.h"

namespace dualtape::study {

namespace {

// Another value that the setting allows.
std::string another_value(const lab::Option& option) {
    const std::string value = option.text_value();
    for (const std::string& choice : option.choices()) {
        if (choice != value) return choice;
    }
    for (const char* typed :
         {"3", "0.25", "1e-7", "500", "7,9", "layers.0.pre", "trace", "true", "false", "0.5"}) {
        if (value == typed) continue;
        lab::Option copy = option;
        try {
            copy.assign(std::string_view(typed), "test");
        } catch (const lab::InputError&) {
            continue;
        }
        if (copy.text_value() != value) {
            const std::string found = copy.text_value();
            copy.assign(std::string_view(value), "test");  // both share the variable
            return found;
        }
    }
    return "";
}

std::vector<std::string> departures_of(const std::string& program, const std::string& key,
                                       const std::string& value) {
    ExperimentSettings run = settings_of_recipe(program, "literal");
    run.options.find(key)->assign(std::string_view(value), key);
    return departures(run.options, settings_of_recipe(program, "literal").options);
}

// Listed with a reason, or neutral, or a list of networks.
bool may_differ(const lab::Option& option, const lab::Options& of) {
    if (!option.changes_results()) return true;
    return std::any_of(
        settings_without_effect().begin(), settings_without_effect().end(), [&](const auto& one) {
            return option.key() == one.key &&
                   (one.other == nullptr || of.find(one.other)->text_value() != one.value);
        });
}

}  // namespace

TEST_CASE("every setting that can change a result is named when it differs, in every experiment") {
    for (const std::string& program : programs()) {
        const ExperimentSettings literal = settings_of_recipe(program, "literal");
        std::size_t named = 0;
        for (const lab::Option& option : literal.options.all()) {
            INFO(program, " --", option.key());
            if (option.key() == "depths" || option.key() == "widths") continue;  // see below
            const std::string value = another_value(option);
            REQUIRE_FALSE(value.empty());
            const auto keys = departures_of(program, option.key(), value);
            const bool has_no_effect = may_differ(option, literal.options);
            CHECK(keys == (has_no_effect ? std::vector<std::string>{}
                                         : std::vector<std::string>{option.key()}));
            named += keys.size();
        }
        CHECK(named > 30);
    }
}

TEST_CASE("every setting without effect is one, and says why") {
    std::set<std::string> known;
    for (const std::string& program : programs()) {
        const ExperimentSettings settings(program);
        for (const lab::Option& option : settings.options.all()) known.insert(option.key());
    }
    for (const SettingWithoutEffect& setting : settings_without_effect()) {
        INFO(setting.key);
        CHECK(known.count(setting.key) == 1);
        CHECK((setting.other == nullptr || known.count(setting.other) == 1));
        CHECK(std::string(setting.reason).size() > 10);
    }
}

TEST_CASE("every recipe is nearest to itself, without departures") {
    for (const std::string& program : programs()) {
        CHECK(recipes(program).size() >= 4);
        for (const lab::Recipe& recipe : recipes(program)) {
            INFO(program, " ", recipe.name);
            const ExperimentSettings settings = settings_of_recipe(program, recipe.name);
            const RecipeMatch match = nearest_recipe(program, settings.options);
            CHECK(match.recipe == recipe.name);
            CHECK(match.departures.empty());
        }
    }
    CHECK(recipes("no_experiment").empty());
    CHECK(lab::contains(lab::refusal([] { settings_of_recipe("grokking_hessian", "tinny"); }),
                        "known are"));
}

TEST_CASE("some of the published networks are published, others are not") {
    CHECK(departures_of("grokking_hessian", "depths", "2").empty());
    CHECK(departures_of("grokking_hessian", "depths", "1,7").empty());
    CHECK(departures_of("grokking_hessian", "depths", "1,8") == std::vector<std::string>{"depths"});
    CHECK(departures_of("circuit_emergence", "widths", "16,256").empty());
    CHECK(departures_of("circuit_emergence", "widths", "16,24") ==
          std::vector<std::string>{"widths"});
}

TEST_CASE("a setting without effect has one where the optimiser, the input or the rule uses it") {
    ExperimentSettings run = settings_of_recipe("grokking_hessian", "literal");
    const ExperimentSettings literal = settings_of_recipe("grokking_hessian", "literal");
    const auto set = [&](const char* key, const char* value) {
        run.options.find(key)->assign(std::string_view(value), key);
        return departures(run.options, literal.options);
    };
    CHECK(set("momentum", "0.9").empty());
    CHECK(set("optimiser", "sgd") == std::vector<std::string>{"optimiser", "momentum"});
    CHECK(set("optimiser", "adam").empty());
    CHECK(set("init_sigma", "1").empty());
    CHECK(set("init", "normal") == std::vector<std::string>{"init", "init_sigma"});
    // The embedding of modular_addition is used.
    CHECK(departures_of("modular_addition", "table_sigma", "0.5") ==
          std::vector<std::string>{"table_sigma"});
}

TEST_CASE("settings near the tiny recipe are of the tiny recipe") {
    ExperimentSettings run = settings_of_recipe("grokking_hessian", "tiny");
    run.options.find("steps")->assign(std::string_view("2000"), "steps");
    const RecipeMatch match = nearest_recipe("grokking_hessian", run.options);
    CHECK(match.recipe == "tiny");
    CHECK(match.departures == std::vector<std::string>{"steps"});
}

}  // namespace dualtape::study
