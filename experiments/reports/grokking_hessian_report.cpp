// The report of the experiment grokking_hessian.

#include <algorithm>
#include <cmath>

#include "experiments/analysis/statistics.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian_reference.h"
#include "experiments/reports/run_tables.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;
using lab::Claim;
using lab::ReportTable;
using Verdict = lab::Claim::Verdict;

// Medians of one quantity by depth, from by_depth.tsv.
class Medians {
  public:
    explicit Medians(const fs::path& folder)
        : table_(lab::read_table(folder / "by_depth.tsv")),
          depths_(table_.numbers("depth")),
          quantities_(table_.texts("quantity")) {}

    // "0.97 (0.95 to 0.98)", "censored in 3 of 5 seeds", ...
    std::string text(const std::string& quantity, std::int64_t depth) const {
        for (std::size_t i = 0; i < quantities_.size(); ++i) {
            if (quantities_[i] != quantity || depths_[i] != static_cast<double>(depth)) continue;
            const double median = table_.numbers("median")[i], low = table_.numbers("low")[i];
            const double seeds = table_.numbers("seeds")[i];
            const double censored = table_.numbers("censored")[i];
            if (seeds == 0) return "–";
            std::string text = std::isnan(median) ? "censored" : readable(median);
            if (std::isfinite(low)) {
                text += " (" + readable(low) + " to " + readable(table_.numbers("high")[i]) + ")";
            }
            if (censored > 0 && seeds > 1) {
                text += ", " + readable(censored) + " of " + readable(seeds) + " censored";
            }
            return text;
        }
        return "–";
    }
    double value(const std::string& quantity, std::int64_t depth) const {
        for (std::size_t i = 0; i < quantities_.size(); ++i) {
            if (quantities_[i] == quantity && depths_[i] == static_cast<double>(depth)) {
                return table_.numbers("median")[i];
            }
        }
        return std::nan("");
    }

  private:
    lab::Table table_;
    std::vector<double> depths_;
    std::vector<std::string> quantities_;
};

struct Findings {
    explicit Findings(const fs::path& folder)
        : settings(folder),
          summary(folder / "summary.tsv"),
          curvature(folder / "curvature.tsv"),
          medians(folder),
          is_published(is_published_setting(folder)) {}

    const std::vector<std::int64_t>& depths() const { return summary.depths(); }
    bool has(std::int64_t depth) const {
        return std::find(depths().begin(), depths().end(), depth) != depths().end();
    }
    std::string seeds() const {
        const std::size_t count = summary.seeds().size();
        return count == 1 ? "one seed" : std::to_string(count) + " seeds, median (95 % interval)";
    }
    // "depth 1: ..., depth 2: ...; one seed"
    std::string each(const std::string& quantity, std::int64_t from = 1) const {
        std::string text;
        for (const std::int64_t depth : depths()) {
            if (depth < from) continue;
            text += (text.empty() ? "" : "; ") + ("depth " + std::to_string(depth)) + ": " +
                    medians.text(quantity, depth);
        }
        return text + " [" + seeds() + "]";
    }
    bool grokked(std::int64_t depth) const { return std::isfinite(medians.value("t_grok", depth)); }
    bool generalised(std::int64_t depth) const {
        return std::isfinite(medians.value("t_gen", depth));
    }
    bool is_monotone(const std::string& quantity, bool is_rising) const {
        for (std::size_t i = 1; i < depths().size(); ++i) {
            const double before = medians.value(quantity, depths()[i - 1]);
            const double here = medians.value(quantity, depths()[i]);
            if (is_rising ? here <= before : here >= before) return false;
        }
        return depths().size() > 1;
    }

    RunSettings settings;
    SeedTable summary, curvature;
    Medians medians;
    bool is_published;
};

constexpr const char* kWhere = "README and code, part 01";

Claim claim_of_growth(const Findings& found) {
    Claim claim{.claim = "The top eigenvalue of the Hessian increases with depth",
                .where = kWhere,
                .stored =
                    "falls with depth at step 0, rises with depth only after training, and "
                    "not in every pair of depths",
                .measured = "step 0: " + found.each("lambda_max_initial") +
                            ". Last step: " + found.each("lambda_max_final")};
    if (found.depths().size() < 2) return claim;
    const bool rises = found.is_monotone("lambda_max_initial", true) &&
                       found.is_monotone("lambda_max_final", true);
    claim.verdict = rises                ? Verdict::reproduced
                    : found.is_published ? Verdict::contradicts_own_data
                                         : Verdict::not_reproduced;
    return claim;
}

Claim claim_of_grokking(const Findings& found) {
    Claim claim{.claim = "Networks of depth 2 and 3 show classic grokking",
                .where = kWhere,
                .stored = "no grokking step at any stored depth",
                .measured = "step of 0.9 test accuracy: " + found.each("t_grok")};
    if (found.is_published) {
        const bool any = found.grokked(2) || found.grokked(3);
        claim.verdict = any ? Verdict::reproduced : Verdict::contradicts_own_data;
    } else if (found.has(2) && found.has(3)) {
        claim.verdict =
            found.grokked(2) && found.grokked(3) ? Verdict::reproduced : Verdict::not_reproduced;
    }
    return claim;
}

Claim claim_of_depth_two(const Findings& found) {
    Claim claim{.claim = "Only depth 2 reaches high test accuracy",
                .where = kWhere,
                .stored = "the best stored test accuracy, at depth 2, is far below 0.1",
                .measured = "best test accuracy: " + found.each("best_test_accuracy")};
    if (!found.has(2) || found.depths().size() < 2) return claim;
    bool only = found.generalised(2);
    for (const std::int64_t depth : found.depths()) {
        only = only && (depth == 2 || !found.generalised(depth));
    }
    claim.verdict = only                 ? Verdict::reproduced
                    : found.is_published ? Verdict::contradicts_own_data
                                         : Verdict::not_reproduced;
    return claim;
}

Claim claim_of_overfitting(const Findings& found) {
    Claim claim{.claim = "Networks of depth 4 and more overfit",
                .where = kWhere,
                .stored =
                    "test loss far above that of a uniform guess at every depth, 1 to 3 "
                    "included",
                .measured = "train loss: " + found.each("train_loss", 4) +
                            "; test loss: " + found.each("test_loss", 4)};
    const double guess = std::log(found.settings.number("task", "p"));
    bool all = true, any = false;
    for (const std::int64_t depth : found.depths()) {
        if (depth < 4) continue;
        any = true;
        all = all && found.medians.value("test_loss", depth) > guess &&
              found.medians.value("train_loss", depth) < guess;
    }
    if (!any) {
        claim.measured = "no depth of 4 or more in this run";
        return claim;
    }
    claim.verdict = all ? Verdict::reproduced : Verdict::not_reproduced;
    return claim;
}

Claim claim_of_spectra(const Findings& found) {
    Claim claim{.claim = "Spectra cannot be computed beyond 2 to 3 layers",
                .where = kWhere,
                .stored =
                    "the spectra that were stored are of a matrix of zeros: the loss did not "
                    "depend on the vector that was differentiated",
                .measured = ""};
    std::int64_t deepest = 0;
    std::size_t converged = 0, visits = 0;
    for (const std::int64_t depth : found.depths()) {
        for (const std::int64_t seed : found.summary.seeds()) {
            for (const std::string& status : found.curvature.texts("status", depth, seed)) {
                ++visits;
                if (status != "converged") continue;
                ++converged;
                deepest = std::max(deepest, depth);
            }
        }
    }
    claim.measured = "both ends of the spectrum converged at " + std::to_string(converged) +
                     " of " + std::to_string(visits) + " visits, up to depth " +
                     std::to_string(deepest);
    if (found.depths().back() > 3) {
        claim.verdict = deepest > 3 ? Verdict::not_reproduced : Verdict::reproduced;
    }
    return claim;
}

Claim claim_of_formula(const Findings& found) {
    models::MlpSettings settings;
    settings.input = models::MlpInput::raw;
    settings.width = static_cast<Index>(found.settings.number("model", "width"));
    settings.num_classes = static_cast<Index>(found.settings.number("task", "p"));
    settings.modulus = settings.num_classes;
    std::string counts;
    for (const std::int64_t depth : found.depths()) {
        settings.depth = depth;
        counts += (counts.empty() ? "" : "; ") + ("depth " + std::to_string(depth)) + ": " +
                  std::to_string(models::count_parameters(settings)) + " counted, " +
                  std::to_string(published_formula(settings)) + " by the formula";
    }
    return {.claim = "|theta| = 2h + h + (d-2)(h^{2}+h) + 97h + 97",
            .where = kWhere,
            .stored = "the code has d hidden layers; the formula counts all linear layers as d",
            .measured = "with raw inputs, " + counts,
            .verdict = Verdict::contradicts_own_data};
}

ReportTable depth_table(const Findings& found) {
    ReportTable table;
    table.title = "Depth by depth";
    table.note =
        "Steps at which the accuracies are kept, known up to the distance between logs and "
        "censored at the end of the training; sharpness λ. Measured on " +
        found.seeds() + ".";
    table.columns = {"depth",     "train 0.99", "test 0.9",  "test 0.95",   "delay",
                     "best test", "λ at 0",     "largest λ", "λ at the end"};
    for (const std::int64_t depth : found.depths()) {
        std::vector<std::string> row{std::to_string(depth)};
        for (const char* quantity : {"t_mem", "t_grok", "t_gen", "delay", "best_test_accuracy",
                                     "lambda_max_initial", "lambda_max_peak", "lambda_max_final"}) {
            row.push_back(found.medians.text(quantity, depth));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

// A table of the folder, with its column names in words.
ReportTable file_table(const fs::path& path, std::string title, std::string note,
                       std::vector<std::string> columns) {
    const lab::Table source = lab::read_table(path);
    ReportTable table{.title = std::move(title),
                      .note = std::move(note),
                      .columns = std::move(columns),
                      .rows = {}};
    for (const std::vector<std::string>& cells : source.rows) {
        std::vector<std::string> row;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            double number = 0;
            if (source.columns[i] == "holds") {
                row.push_back(cells[i] == "1" ? "yes" : "no");
            } else if (lab::toml::read_real(cells[i], number)) {
                row.push_back(readable(number));
            } else {
                row.push_back(cells[i].empty() ? "–" : cells[i]);
            }
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

ReportTable contradictions() {
    return {.title = "Contradictions in the publication, and what is done here",
            .note = "",
            .columns = {"in the publication", "here"},
            .rows = {{"The parameter formula has a factor d - 2 while the code has d hidden layers",
                      "(d - 1) hidden-to-hidden layers; the manifest prints both conventions"},
                     {"Depths 2 and 3 are said to grok, but no stored run has a grokking step",
                      "recipe literal repeats the setting; recipe corrected supplies the "
                      "phenomenon"},
                     {"Spectra are said to break down beyond 2 to 3 layers",
                      "any size, by exact Hessian-vector products and Lanczos with residuals"},
                     {"The closure of the stored spectra copied parameters without gradient, so "
                      "its Hessian is zero",
                      "small networks are checked against the dense Hessian at every visit"},
                     {"The top eigenvalue is said to increase with depth",
                      "start and end of training are reported apart: they behave differently"},
                     {"100 power iterations without a tolerance",
                      "the relative residual is stored beside the value, and a warning given "
                      "above 0.01"},
                     {"Curves against the number of the checkpoint",
                      "against the step; --x-axis index draws the former"},
                     {"The reference titled \"Learning Algorithmic Tasks by Tuning Gradient "
                      "Descent\"",
                      "believed to be Liu et al., Towards Understanding Grokking (unverified)"}}};
}

std::string verdict_of(const Findings& found) {
    std::string text;
    for (const std::int64_t depth : found.depths()) {
        const std::string name = "Depth " + std::to_string(depth);
        if (found.generalised(depth)) {
            text += name + " memorises at step " + found.medians.text("t_mem", depth) +
                    " and generalises at step " + found.medians.text("t_gen", depth) +
                    ", a delay of " + found.medians.text("delay", depth) + " steps. ";
        } else {
            const bool memorised = std::isfinite(found.medians.value("t_mem", depth));
            text += name +
                    (memorised ? " memorises at step " + found.medians.text("t_mem", depth) +
                                     " and does not generalise"
                               : std::string(" does not fit the training pairs")) +
                    " within the budget; best test accuracy " +
                    found.medians.text("best_test_accuracy", depth) + ". ";
        }
    }
    for (const std::int64_t depth : found.depths()) {
        text += "At depth " + std::to_string(depth) + " sharpness starts at " +
                found.medians.text("lambda_max_initial", depth) + ", is largest at step " +
                found.medians.text("step_of_peak", depth) + " with " +
                found.medians.text("lambda_max_peak", depth) + " and ends at " +
                found.medians.text("lambda_max_final", depth) + ". ";
    }
    if (found.depths().size() > 1) {
        const auto order = [&](const char* quantity) {
            return std::string(found.is_monotone(quantity, true)    ? "rises with depth"
                               : found.is_monotone(quantity, false) ? "falls with depth"
                                                                    : "has no order in depth");
        };
        const std::string start = order("lambda_max_initial"), end = order("lambda_max_final");
        text += start == end ? "Sharpness " + start + " at step 0 and at the end. "
                             : "Sharpness " + start + " at step 0 and " + end + " at the end. ";
    }
    return text + "Measured on " + found.seeds() + ".";
}

// Which networks generalise, and when, moves with decay and train share as much as with depth.
std::string scope_of(const Findings& found) {
    const std::string decay = readable(found.settings.number("optimiser", "weight_decay"));
    const std::string share = readable(found.settings.number("task", "train_fraction"));
    return "The order of depths holds for weight decay " + decay + " and train share " + share +
           "; it changes with both.";
}

std::vector<std::pair<std::string, std::string>> cost_of(const fs::path& folder) {
    const lab::Table table = lab::read_table(folder / "cost.tsv");
    const auto quantities = table.texts("quantity");
    const auto values = table.numbers("value");
    std::vector<std::pair<std::string, std::string>> cost;
    for (std::size_t i = 0; i < values.size(); ++i) {
        cost.emplace_back(quantities[i], readable(values[i]));
    }
    return cost;
}

}  // namespace

lab::Report make_report(const fs::path& folder) {
    const Findings found(folder);
    lab::Report report;
    report.title = "grokking_hessian: sharpness against depth";
    report.question = kQuestion;
    report.verdict = verdict_of(found) + " " + scope_of(found);
    report.claims = {claim_of_growth(found),    claim_of_grokking(found),
                     claim_of_depth_two(found), claim_of_overfitting(found),
                     claim_of_spectra(found),   claim_of_formula(found)};
    report.tables.push_back(depth_table(found));
    if (lab::read_table(folder / "acceptance.tsv").num_rows() > 0) {
        report.tables.push_back(file_table(folder / "acceptance.tsv",
                                           "What this setting should show", "From acceptance.tsv.",
                                           {"statement", "measured", "holds"}));
    }
    if (fs::exists(folder / "reference.tsv")) {
        report.tables.push_back(file_table(
            folder / "reference.tsv", "Published numbers beside ours",
            "Published: one run per depth with an unknown seed; the results of depths 6 and 7 "
            "cannot be read. Measured: medians over " +
                found.seeds() + ".",
            {"depth", "source", "sharpness at 0", "at 1000", "at 9000", "train loss", "test loss",
             "best test accuracy"}));
    }
    report.tables.push_back(contradictions());
    for (const lab::Figure& figure : make_figures(folder, false)) report.figures.push_back(figure);
    report.warnings = convergence_warnings(folder);
    report.cost = cost_of(folder);
    const lab::BuildInfo& build = lab::build_info();
    report.environment = {
        {"version",
         build.version + ", commit " + build.git_hash + (build.is_dirty ? " with changes" : "")},
        {"compiler", build.compiler + ", " + build.flags},
        {"processor", lab::cpu_name()},
        {"training in", found.settings.text("", "precision") + ", curvature in double"}};
    report.command = "grokking_hessian --config config.toml";
    return report;
}

std::vector<std::pair<std::string, std::string>> changed_settings(const lab::Options& settings,
                                                                  const lab::Options& defaults) {
    std::vector<std::pair<std::string, std::string>> changed;
    for (const lab::Option& option : settings.all()) {
        const lab::Option* before = defaults.find(option.key());
        if (before == nullptr || before->text_value() == option.text_value()) continue;
        changed.emplace_back(option.key(),
                             option.text_value() + " (default " + before->text_value() + ")");
    }
    return changed;
}

}  // namespace dualtape::reports
