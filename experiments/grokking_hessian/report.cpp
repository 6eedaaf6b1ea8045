// The report of the experiment grokking_hessian.

#include <algorithm>

#include "experiments/grokking_hessian/claims.h"
#include "experiments/grokking_hessian/findings.h"
#include "experiments/grokking_hessian/report.h"
#include "experiments/report/cost.h"
#include "experiments/report/decisions.h"
#include "experiments/report/statements.h"

namespace dualtape::grokking_hessian {

namespace {

namespace fs = std::filesystem;
using lab::ReportTable;

// A row for each depth; columns of by_depth.tsv.
std::vector<std::vector<std::string>> rows_of(const Findings& found,
                                              const std::vector<std::string>& quantities) {
    std::vector<std::vector<std::string>> rows;
    for (const std::int64_t depth : found.depths()) {
        std::vector<std::string> row{std::to_string(depth)};
        for (const std::string& quantity : quantities) {
            row.push_back(found.by_depth.text(quantity, depth));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

ReportTable delay_table(const Findings& found) {
    ReportTable table;
    table.title = "From memorising to generalising";
    table.note =
        "First logged step from which the accuracy is kept in that log and the next two; logs "
        "are " +
        report::readable(found.settings.number("train", "log_every")) +
        " steps apart. Delay and ratio: of the step of 0.95 test accuracy to that of 0.99 train "
        "accuracy. Censored: not within " +
        report::readable(found.settings.number("train", "steps")) +
        " steps. Grokked: the ratio is 2 or more, and less than half of the test pairs are right "
        "at memorising; immediate: otherwise. Measured on " +
        found.seeds() +
        (found.summary.seeds().size() == 1
             ? "."
             : "; times by Kaplan-Meier, shares of classes with Wilson intervals.");
    table.columns = {"depth", "train 0.99", "test 0.9", "test 0.95", "delay", "ratio", "class"};
    table.rows = rows_of(found, {"t_mem", "t_grok", "t_gen", "delay", "delay_ratio"});
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        table.rows[i].push_back(found.by_depth.classes(found.depths()[i]));
    }
    return table;
}

// Why a column of the tables is empty, of the steps that are asked for by number.
std::string missing_visit(const Findings& found) {
    const double steps = found.settings.number("train", "steps");
    for (const report::Estimate& estimate : found.along("lambda_max_at_1000")) {
        if (estimate.seeds > 0) return "";
    }
    return " lambda_max_at_1000 is empty, as " +
           (steps < 1000 ? "trainings end at step " + report::readable(steps)
                         : "no visit is at step 1000") +
           ".";
}

ReportTable sharpness_table(const Findings& found) {
    return {.title = "Sharpness and fit",
            .note = "Largest eigenvalue of the Hessian at the visits, which are " +
                    report::readable(found.settings.number("curvature", "curvature_every")) +
                    " steps apart; after 0.9 test accuracy: at the first visit at or after the log "
                    "that shows it. The end is the last step; trainings that do not get there have "
                    "no values of it." +
                    missing_visit(found) + " Losses in nats. Measured on " + found.seeds() + ".",
            .columns = {"depth", "at step 0", "largest", "at step", "after 0.9 test accuracy",
                        "at step", "at the end", "train loss", "test loss", "best test accuracy"},
            .rows = rows_of(found, {"lambda_max_initial", "lambda_max_peak", "step_of_peak",
                                    "lambda_max_grok", "step_of_grok", "lambda_max_final",
                                    "train_loss", "test_loss", "best_test_accuracy"})};
}

// Depths of the same fate share a sentence: that of the median training.
std::string delays_of(const Findings& found) {
    std::vector<std::int64_t> generalised, memorised, unfitted;
    for (const std::int64_t depth : found.depths()) {
        const bool fits = found.is_reached("t_mem", depth);
        (found.is_reached("t_gen", depth) ? generalised
         : fits                           ? memorised
                                          : unfitted)
            .push_back(depth);
    }
    std::string text;
    if (!generalised.empty()) {
        text += "At " + report::depth_listing(generalised) + " the networks memorise at step " +
                found.values("t_mem", generalised) + " and generalise at step " +
                found.values("t_gen", generalised) + "; the delay in steps is " +
                found.values("delay", generalised) + ". ";
    }
    const std::string budget =
        " within " + report::readable(found.settings.number("train", "steps")) + " steps";
    const std::string who =
        found.summary.seeds().size() == 1 ? "the networks" : "half of the networks or more";
    if (!memorised.empty()) {
        text += "At " + report::depth_listing(memorised) + " the networks memorise at step " +
                found.values("t_mem", memorised) + "; " + who + " do not generalise" + budget +
                ". The best test accuracy is " + found.values("best_test_accuracy", memorised) +
                ". ";
    }
    if (!unfitted.empty()) {
        text += "At " + report::depth_listing(unfitted) + " " + who +
                " do not fit the training pairs" + budget + ". The best test accuracy is " +
                found.values("best_test_accuracy", unfitted) + ". ";
    }
    return text;
}

std::string sharpness_of(const Findings& found) {
    const std::int64_t shallow = found.depths().front(), deep = found.depths().back();
    const auto at = [&](const char* quantity, std::int64_t depth) {
        return found.by_depth.text(quantity, depth);
    };
    if (shallow == deep) {
        return "Sharpness starts at " + at("lambda_max_initial", deep) + ", is largest at step " +
               at("step_of_peak", deep) + " with " + at("lambda_max_peak", deep) + " and ends at " +
               at("lambda_max_final", deep) + ". ";
    }
    const auto order = [&](const char* quantity) {
        return report::order_in_words(found.along(quantity), "depth") + ": " +
               at(quantity, shallow) + " at depth " + std::to_string(shallow) + ", " +
               at(quantity, deep) + " at depth " + std::to_string(deep);
    };
    return "Sharpness at step 0 " + order("lambda_max_initial") + ". Its peak " +
           order("lambda_max_peak") + ". At the end it " + order("lambda_max_final") + ". ";
}

// Which networks generalise, and when, moves with decay and train share as much as with depth.
std::string scope_of(const Findings& found) {
    return "Measured on " + found.seeds() + ", with weight decay " +
           report::readable(found.settings.number("optimiser", "weight_decay")) +
           " and train share " + report::readable(found.settings.number("task", "train_fraction")) +
           ": the order of depths changes with both.";
}

}  // namespace

lab::Report make_grokking_hessian_report(const fs::path& folder) {
    const Findings found(folder);
    lab::Report report;
    report.title = "grokking_hessian: sharpness against depth";
    report.question = kQuestion;
    report.verdict =
        delays_of(found) + sharpness_of(found) + report::acceptance_of(folder) + scope_of(found);
    report.claims = judge_claims(found);
    report.tables = {delay_table(found), sharpness_table(found)};
    for (ReportTable& table : report::acceptance_tables(folder))
        report.tables.push_back(std::move(table));
    if (found.setting.is_published() && fs::exists(folder / "reference.tsv")) {
        report.tables.push_back(report::file_table(
            folder / "reference.tsv", "Published numbers beside ours",
            "Published: one run per depth with an unknown seed; the results of depths 6 and 7 "
            "cannot be read. Measured: median over the seeds, with its 95 % interval. Ratio: of "
            "measured to published, with the range in which they count as equal.",
            {"quantity", "depth", "published", "measured", "from", "to", "seeds", "ratio", "least",
             "most", "verdict"}));
    }
    report.tables.push_back(contradictions(found));
    report.warnings = convergence_warnings(folder);
    report.cost = report::read_cost(folder);
    report.environment = report::build_environment();
    report.environment.emplace_back("training in",
                                    found.settings.text("", "precision") + ", curvature in double");
    report.command = "grokking_hessian --config config.toml";
    return report;
}

}  // namespace dualtape::grokking_hessian
