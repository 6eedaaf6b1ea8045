#include "experiments/report/judged_setting.h"

#include "experiments/lab/suggest.h"
#include "experiments/study/recipe_match.h"

namespace dualtape::report {

std::string JudgedSetting::why_not_judged() const {
    if (departures.empty()) return "";
    if (recipe == kPublishedRecipe) return why_not_published();
    return "not the setting of recipe " + recipe + ": " + lab::join(departures);
}

std::string JudgedSetting::why_not_published() const {
    return is_published() ? "" : "not the published setting: " + lab::join(from_published);
}

JudgedSetting judged_setting(const std::string& program, const std::filesystem::path& run) {
    const study::ExperimentSettings own = study::settings_of_run(program, run);
    study::RecipeMatch match = study::nearest_recipe(program, own.options);
    return {.recipe = std::move(match.recipe),
            .departures = std::move(match.departures),
            .from_published = study::departures(
                own.options, study::settings_of_recipe(program, kPublishedRecipe).options)};
}

lab::Claim within_reach(lab::Claim claim, const JudgedSetting& setting, Reach reach) {
    using Verdict = lab::Claim::Verdict;
    const bool is_judged = claim.verdict == Verdict::reproduced ||
                           claim.verdict == Verdict::not_reproduced ||
                           claim.verdict == Verdict::not_decided;
    std::string why;
    if (setting.recipe == kTinyRecipe) {
        why = "recipe tiny claims nothing";
    } else if (is_judged &&
               (reach == Reach::published_setting || claim.verdict != Verdict::not_reproduced)) {
        why = setting.why_not_published();
    }
    if (why.empty()) return claim;
    claim.verdict = Verdict::not_testable;
    claim.why = std::move(why);
    return claim;
}

}  // namespace dualtape::report
