#include "tools/dualtape/spectrum_report.h"

#include <cmath>
#include <iostream>

#include "experiments/analyses/curvature/curvature_figures.h"
#include "experiments/analyses/curvature/pair_words.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/printable.h"
#include "experiments/lab/report.h"
#include "experiments/lab/suggest.h"
#include "experiments/report/experiment_report.h"
#include "experiments/report/run_tables.h"
#include "tools/dualtape/operator_checks.h"
#include "tools/dualtape/sharpness_table.h"
#include "tools/dualtape/subset_table.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;
using lab::Cell;
using report::TrainingGroups;

constexpr const char* kSummaryColumns[] = {"step",
                                           "loss",
                                           "parameters",
                                           "is_semidefinite",
                                           "lambda_max",
                                           "lambda_max_residual",
                                           "lambda_max_bound",
                                           "lambda_min",
                                           "lambda_min_residual",
                                           "lambda_min_bound",
                                           "status",
                                           "num_converged",
                                           "num_wanted",
                                           "largest_is_complete",
                                           "smallest_is_complete",
                                           "trace",
                                           "trace_error",
                                           "squared_norm",
                                           "squared_norm_error",
                                           "effective_rank",
                                           "products",
                                           "quadratic_forms",
                                           "seconds"};

std::vector<lab::Figure> make_figures(const fs::path& out, const std::string& setting) {
    std::vector<lab::Figure> figures;
    const TrainingGroups ends(out / "eigenvalues.tsv"), density(out / "density.tsv"),
        counts(out / "counts.tsv");
    for (const auto& group : ends.groups()) {
        figures.push_back(analyses::ends_figure(ends, group, "eigenvalues-" + group.stem, setting));
    }
    for (const auto& group : density.groups()) {
        const auto figure =
            analyses::density_figure(out, density, group, "density-" + group.stem, setting);
        if (figure) figures.push_back(*figure);
    }
    for (const auto& group : counts.groups()) {
        figures.push_back(analyses::counts_figure(counts, group, "counts-" + group.stem, setting));
    }
    return figures;
}

// Rows of eigenvalues.tsv that belong to a group of spectra.tsv and a step.
std::vector<std::size_t> rows_of(const TrainingGroups& pairs, const std::string& name,
                                 double step) {
    std::vector<std::size_t> rows;
    for (const auto& group : pairs.groups()) {
        if (group.name != name) continue;
        const auto steps = pairs.numbers(group, "step");
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (steps[i] == step) rows.push_back(group.rows[i]);
        }
    }
    return rows;
}

// "10 of 10 largest, 1 of 3 smallest (budget)"
std::string converged_cell(const analyses::PairCounts& counts, const std::string& status) {
    std::vector<std::string> ends;
    for (const auto& [end, name] :
         {std::pair{counts.largest, " largest"}, std::pair{counts.smallest, " smallest"}}) {
        if (end.pairs == 0) continue;
        ends.push_back(std::to_string(end.converged) + " of " + std::to_string(end.pairs) + name);
    }
    return (ends.empty() ? "" : lab::join(ends) + " ") + "(" + status + ")";
}

std::string copies_cell(bool has_top, bool has_bottom, bool is_top, bool is_bottom) {
    if (has_top && !is_top && has_bottom && !is_bottom) return "not checked";
    if (has_top && !is_top) return "of the largest not checked";
    if (has_bottom && !is_bottom) return "of the smallest not checked";
    return has_top || has_bottom ? "checked" : "";
}

// A matrix known to have no negative eigenvalue is not searched for the smallest.
std::string lowest_cell(double value, double bound, bool is_semidefinite) {
    return std::isnan(value) && is_semidefinite ? "≥ 0" : analyses::with_bound(value, bound);
}

lab::ReportTable summary_table(const TrainingGroups& spectra, const TrainingGroups& pairs) {
    lab::ReportTable table;
    table.title = "Spectra";
    table.note =
        "± beside λ: an eigenvalue lies as close; shown where fewer than four digits are certain. "
        "Every pair: eigenvalues.tsv. ± beside trace and norm: one standard error over random "
        "vectors. Converged: to the tolerance. Copies of repeated eigenvalues: whether any can be "
        "missing; where that was not checked, values further in may stand too far out. Exact: "
        "from the whole matrix, all of it to rounding. λ min ≥ 0: the matrix has no negative "
        "eigenvalue, being a Gauss-Newton or Fisher matrix, or a block on which the Hessian is its "
        "Gauss-Newton part.";
    table.columns = {"matrix",    "step",   "parameters", "λ max",           "λ min",
                     "converged", "copies", "trace",      "Frobenius norm²", "products, forms"};
    for (const auto& group : spectra.groups()) {
        const auto n = [&](const char* column) { return spectra.numbers(group, column); };
        const auto status = spectra.texts(group, "status");
        for (std::size_t i = 0; i < group.rows.size(); ++i) {
            const auto counts =
                analyses::count_pairs(pairs.table(), rows_of(pairs, group.name, n("step")[i]));
            table.rows.push_back(
                {group.name, report::readable(n("step")[i]), report::readable(n("parameters")[i]),
                 analyses::with_bound(n("lambda_max")[i], n("lambda_max_bound")[i]),
                 lowest_cell(n("lambda_min")[i], n("lambda_min_bound")[i],
                             n("is_semidefinite")[i] != 0),
                 converged_cell(counts, status[i]),
                 copies_cell(counts.largest.pairs > 0, counts.smallest.pairs > 0,
                             n("largest_is_complete")[i] != 0, n("smallest_is_complete")[i] != 0),
                 report::with_error(n("trace")[i], n("trace_error")[i]),
                 report::with_error(n("squared_norm")[i], n("squared_norm_error")[i]),
                 report::readable(n("products")[i]) + ", " +
                     report::readable(n("quadratic_forms")[i])});
        }
    }
    return table;
}

std::vector<std::string> convergence_warnings(const TrainingGroups& spectra,
                                              const TrainingGroups& pairs) {
    std::vector<std::string> warnings;
    for (const auto& group : spectra.groups()) {
        const auto status = spectra.texts(group, "status");
        const auto step = spectra.numbers(group, "step");
        for (std::size_t i = 0; i < status.size(); ++i) {
            if (analyses::has_converged(status[i])) continue;
            const std::string where = group.name + ", step " + report::readable(step[i]) + ": ";
            if (status[i] == "nonfinite") {
                warnings.push_back(where +
                                   "the eigenvalues have not converged (nonfinite): its products "
                                   "are not finite. Look at the loss of this checkpoint");
                continue;
            }
            const auto rows = rows_of(pairs, group.name, step[i]);
            const auto unseen =
                static_cast<std::size_t>(spectra.numbers(group, "num_wanted")[i]) - rows.size();
            std::string open = analyses::missing_pairs(pairs.table(), rows);
            if (unseen > 0) {
                open += (open.empty() ? "" : "; ") + std::to_string(unseen) +
                        (unseen == 1 ? " wanted pair that was" : " wanted pairs that were") +
                        " not approximated";
            }
            warnings.push_back(
                where + analyses::in_words(analyses::count_pairs(pairs.table(), rows)) + " (" +
                status[i] + "). " + (open.empty() ? "" : "Not converged: " + open + ". ") +
                (status[i] == "coarse" ? "A" : "More --max-products, a") +
                " looser --tolerance or fewer pairs help");
        }
    }
    return warnings;
}

// A line for each matrix: what was measured of it at the last step.
std::string verdict_of(const TrainingGroups& spectra) {
    std::string text;
    for (const auto& group : spectra.groups()) {
        std::vector<std::string> said;
        const auto say = [&](const char* name, const char* column, const char* bound) {
            const double value = spectra.numbers(group, column).back();
            if (std::isnan(value)) return;
            const double error = bound == nullptr ? 0 : spectra.numbers(group, bound).back();
            said.push_back(name + (" " + analyses::with_bound(value, error)));
        };
        say("largest eigenvalue", "lambda_max", "lambda_max_bound");
        say("smallest eigenvalue", "lambda_min", "lambda_min_bound");
        say("trace", "trace", nullptr);
        if (said.empty()) continue;
        text += (text.empty() ? "" : "\n") + group.name + ": " + report::listing(said) +
                " at step " + report::readable(spectra.numbers(group, "step").back()) + ".";
    }
    return text;
}

}  // namespace

std::vector<std::string> spectrum_tables() {
    std::vector<std::string> tables{kSummaryTable, kSubsetTable, kSharpnessTable, kCheckTable};
    for (const char* name : analyses::CurvatureTables::names()) tables.emplace_back(name);
    return tables;
}

void add_summary(const fs::path& out, const lab::Labels& labels, std::int64_t step,
                 const SpectrumCost& cost, const analyses::Spectrum& spectrum) {
    std::vector<Cell> row =
        lab::labelled_row(labels, {step, cost.loss, cost.parameters, cost.is_semidefinite});
    const auto end = [&](const std::vector<analyses::Eigenvalue>& pairs) {
        row.push_back(pairs.empty() ? Cell() : Cell(pairs[0].value));
        row.push_back(pairs.empty() ? Cell() : Cell(pairs[0].residual));
        row.push_back(pairs.empty() ? Cell() : Cell(pairs[0].bound));
    };
    end(spectrum.largest);
    end(spectrum.smallest);
    row.insert(row.end(), {spectrum.status, spectrum.num_converged, spectrum.num_wanted,
                           spectrum.is_largest_complete, spectrum.is_smallest_complete});
    if (spectrum.trace) {
        const auto& [trace, squared, norm] = *spectrum.trace;
        const double ratio = trace.value / norm.value;
        row.insert(row.end(), {trace.value, trace.standard_error, squared.value,
                               squared.standard_error, ratio * ratio});
    } else {
        row.insert(row.end(), 5, Cell());
    }
    row.insert(row.end(), {cost.products, cost.quadratics, cost.seconds});
    lab::TableWriter(out / kSummaryTable, lab::labelled_columns(labels, kSummaryColumns),
                     lab::TableWriter::Mode::append)
        .add_row(row);
}

fs::path write_spectrum_report(const fs::path& out, const study::OpenedRun& run,
                               const std::string& part, const std::string& command) {
    const std::string setting =
        run.program() + " " + lab::printable(run.folder().filename().string());
    const TrainingGroups spectra(out / kSummaryTable), pairs(out / "eigenvalues.tsv");
    lab::Report report;
    report.command = command;
    report.title = "Spectra of " + setting;
    report.question =
        "What do the eigenvalues of the curvature of the " + part + " loss look like?";
    report.verdict = verdict_of(spectra);
    report.tables.push_back(summary_table(spectra, pairs));
    if (fs::exists(out / kSubsetTable)) {
        report.tables.push_back(subset_report_table(out, spectra));
    }
    if (fs::exists(out / kSharpnessTable)) report.tables.push_back(sharpness_report_table(out));
    report.warnings = check_warnings(out);
    for (const auto& more : {convergence_warnings(spectra, pairs), subset_warnings(out)}) {
        report.warnings.insert(report.warnings.end(), more.begin(), more.end());
    }
    const std::vector<lab::Figure> figures = make_figures(out, setting);
    for (const std::string& failed : report::draw_all(figures, out / "figures")) {
        report.warnings.push_back(failed);
    }
    for (const lab::Figure& figure : figures) report.figures.emplace_back(figure);
    for (const std::string& warning : report.warnings) std::cerr << "warning: " << warning << '\n';
    double seconds = 0, products = 0;
    for (const double value : spectra.table().numbers("seconds")) seconds += value;
    for (const double value : spectra.table().numbers("products")) products += value;
    report.cost = {{"operator checks", check_summary(out)},
                   {"products", report::readable(products)},
                   {"wall time of the solves", lab::format_duration(seconds)}};
    report.environment = report::build_environment();
    return lab::write_report(out, report);
}

}  // namespace dualtape::tools
