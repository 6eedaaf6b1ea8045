#pragma once
// In what the settings of a run depart from those of a recipe.

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "experiments/lab/options.h"
#include "experiments/study/setup.h"

namespace dualtape::study {

// All settings of an experiment with their defaults, to be changed by recipes and files.
struct ExperimentSettings {
    // Throws lab::InputError for a program that is no experiment.
    explicit ExperimentSettings(const std::string& program);

    std::unique_ptr<Setup> setup;  // holds the values
    lab::Options options;
};
// With the values of a recipe; throws lab::InputError for a name that is none.
ExperimentSettings settings_of_recipe(const std::string& program, const std::string& recipe);
// With those of RUN/config.toml.
ExperimentSettings settings_of_run(const std::string& program, const std::filesystem::path& run);

// A setting that leaves every number which is compared with a recipe's as it is, and why. All
// others can change one: a run that differs in one of them departs from the recipe. Settings that
// are neutral to every result (lab::Option) never count and are not listed here.
struct SettingWithoutEffect {
    const char* key;
    // Only where this other setting is not `value`; nullptr: always.
    const char* other;
    const char* value;
    const char* reason;
};
std::span<const SettingWithoutEffect> settings_without_effect();

// Keys in the order of --help in which `run` departs from `recipe`. Lists of networks (depths,
// widths), each of which is trained by itself, depart if they hold one that the recipe has not.
std::vector<std::string> departures(const lab::Options& run, const lab::Options& recipe);

// The recipe of a program that a run departs from in the fewest keys; of several the first of
// literal, corrected, quick, and others by name.
struct RecipeMatch {
    std::string recipe;
    std::vector<std::string> departures;
};
RecipeMatch nearest_recipe(const std::string& program, const lab::Options& run);

}  // namespace dualtape::study
