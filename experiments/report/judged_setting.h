#pragma once
// Which recipe's promises a run is held to, and why it is not: derived from the recipes themselves.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/report.h"

namespace dualtape::report {

// The recipe that holds the published setting of every experiment, and the one that claims nothing.
inline constexpr const char* kPublishedRecipe = "literal";
inline constexpr const char* kTinyRecipe = "tiny";

// Of the settings in RUN/config.toml (study/recipe_match.h).
struct JudgedSetting {
    std::string recipe;                       // the nearest one
    std::vector<std::string> departures;      // keys in which the run departs from it
    std::vector<std::string> from_published;  // and from the published one

    bool is_published() const { return from_published.empty(); }
    // Why no statement of the recipe is judged: "not the published setting: label_noise", "not the
    // setting of recipe quick: steps, width"; empty: they are.
    std::string why_not_judged() const;
    // "not the published setting: p, input"; empty for the published one.
    std::string why_not_published() const;
};
// Throws lab::InputError for a folder without config.toml, or of another program.
JudgedSetting judged_setting(const std::string& program, const std::filesystem::path& run);

// What a verdict on a published claim rests on.
enum class Reach {
    published_setting,  // runs of that setting alone
    any_network,        // a claim that something is impossible falls with one network that does it
};
// A claim with its verdict, if the run may pass it; otherwise "not testable", with the reason. That
// a publication contradicts itself is said of any run but those near recipe tiny, which claims
// nothing.
lab::Claim within_reach(lab::Claim claim, const JudgedSetting& setting,
                        Reach reach = Reach::published_setting);

}  // namespace dualtape::report
