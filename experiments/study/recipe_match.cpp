#include "experiments/study/recipe_match.h"

#include <algorithm>
#include <sstream>

#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/toml.h"
#include "experiments/study/recipes.h"

namespace dualtape::study {

namespace {

namespace fs = std::filesystem;

constexpr SettingWithoutEffect kWithoutEffect[] = {
    {"seed", nullptr, nullptr, "recipes are judged over any seeds, whose number is told"},
    {"seeds", nullptr, nullptr, "recipes are judged over any seeds, whose number is told"},
    {"checkpoints", nullptr, nullptr, "what is compared is logged or of the last checkpoint"},
    {"embedding_width", "input", "embedding", "there is no embedding"},
    {"table_sigma", "input", "embedding", "there is no embedding"},
    {"init_sigma", "init", "normal", "the initialisation has no sigma"},
    {"momentum", "optimiser", "sgd", "the optimiser has no momentum"},
};

constexpr const char* kNetworks[] = {"depths", "widths"};

// Recipes that make a promise come first, and the published one before the others.
int rank_of(const std::string& recipe) {
    constexpr const char* kOrder[] = {"literal", "corrected", "quick"};
    return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), recipe) -
                            std::begin(kOrder));
}

std::vector<std::string> items_of(const std::string& list) {
    std::vector<std::string> items;
    std::istringstream stream(list);
    for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
    return items;
}

bool is_part_of(const std::string& list, const std::string& whole) {
    const std::vector<std::string> all = items_of(whole), some = items_of(list);
    return std::all_of(some.begin(), some.end(), [&](const std::string& item) {
        return std::find(all.begin(), all.end(), item) != all.end();
    });
}

bool has_no_effect(const std::string& key, const lab::Options& run) {
    return std::any_of(std::begin(kWithoutEffect), std::end(kWithoutEffect), [&](const auto& of) {
        if (key != of.key) return false;
        return of.other == nullptr || run.find(of.other) == nullptr ||
               run.find(of.other)->text_value() != of.value;
    });
}

bool departs(const lab::Option& run, const lab::Option& recipe) {
    if (run.text_value() == recipe.text_value()) return false;
    const bool is_list_of_networks =
        std::find(std::begin(kNetworks), std::end(kNetworks), run.key()) != std::end(kNetworks);
    return !is_list_of_networks || !is_part_of(run.text_value(), recipe.text_value());
}

}  // namespace

ExperimentSettings::ExperimentSettings(const std::string& program) : setup(make_setup(program)) {
    setup->add_options(options);
}

ExperimentSettings settings_of_recipe(const std::string& program, const std::string& recipe) {
    ExperimentSettings settings(program);
    std::vector<std::string> names;
    for (const lab::Recipe& one : recipes(program)) {
        names.push_back(one.name);
        if (one.name != recipe) continue;
        const std::string where = one.name + ".toml";
        settings.options.assign(lab::toml::parse(one.toml, where), where);
        return settings;
    }
    throw lab::InputError("", "\"" + recipe + "\" is no recipe of " + program,
                          "known are " + lab::join(names));
}

ExperimentSettings settings_of_run(const std::string& program, const fs::path& run) {
    ExperimentSettings settings(program);
    const fs::path config = run / "config.toml";
    settings.options.assign(lab::toml::read(config), config.string());
    return settings;
}

std::span<const SettingWithoutEffect> settings_without_effect() { return kWithoutEffect; }

std::vector<std::string> departures(const lab::Options& run, const lab::Options& recipe) {
    std::vector<std::string> keys;
    for (const lab::Option& option : run.all()) {
        const lab::Option* other = recipe.find(option.key());
        if (!option.changes_results() || has_no_effect(option.key(), run)) continue;
        if (other == nullptr || departs(option, *other)) keys.push_back(option.key());
    }
    return keys;
}

RecipeMatch nearest_recipe(const std::string& program, const lab::Options& run) {
    std::vector<std::string> names;
    for (const lab::Recipe& recipe : recipes(program)) names.push_back(recipe.name);
    std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
        return rank_of(a) < rank_of(b);
    });
    RecipeMatch nearest;
    for (const std::string& name : names) {
        const ExperimentSettings recipe = settings_of_recipe(program, name);
        RecipeMatch match{name, departures(run, recipe.options)};
        if (nearest.recipe.empty() || match.departures.size() < nearest.departures.size()) {
            nearest = std::move(match);
        }
    }
    return nearest;
}

}  // namespace dualtape::study
