#include "tools/dualtape/spectrum_report.h"

#include <cmath>
#include <iostream>

#include "experiments/lab/manifest.h"
#include "experiments/lab/printable.h"
#include "experiments/lab/report.h"
#include "experiments/reports/curvature_figures.h"
#include "experiments/reports/experiment_report.h"
#include "experiments/reports/run_tables.h"
#include "tools/dualtape/operator_checks.h"
#include "tools/dualtape/sharpness_table.h"
#include "tools/dualtape/subset_table.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;
using lab::Cell;
using reports::TrainingGroups;

constexpr const char* kColumns[] = {"step",
                                    "loss",
                                    "parameters",
                                    "lambda_max",
                                    "lambda_max_residual",
                                    "lambda_min",
                                    "lambda_min_residual",
                                    "status",
                                    "num_converged",
                                    "num_wanted",
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
        figures.push_back(reports::ends_figure(ends, group, "eigenvalues-" + group.stem, setting));
    }
    for (const auto& group : density.groups()) {
        const auto figure =
            reports::density_figure(out, density, group, "density-" + group.stem, setting);
        if (figure) figures.push_back(*figure);
    }
    for (const auto& group : counts.groups()) {
        figures.push_back(reports::counts_figure(counts, group, "counts-" + group.stem, setting));
    }
    return figures;
}

lab::ReportTable summary_table(const TrainingGroups& spectra) {
    lab::ReportTable table;
    table.title = "Spectra";
    table.note =
        "± is one standard error over random vectors. Residuals are |Ay - λy| of the unit vector "
        "y; an eigenvalue lies at least as close. Exact: from the whole matrix, all "
        "of it to rounding.";
    table.columns = {"matrix", "step",  "parameters",      "λ max",  "residual",
                     "λ min",  "trace", "Frobenius norm²", "status", "products, forms"};
    for (const auto& group : spectra.groups()) {
        const auto n = [&](const char* column) { return spectra.numbers(group, column); };
        const auto status = spectra.texts(group, "status");
        for (std::size_t i = 0; i < group.rows.size(); ++i) {
            table.rows.push_back(
                {group.name, reports::readable(n("step")[i]), reports::readable(n("parameters")[i]),
                 reports::readable(n("lambda_max")[i]),
                 reports::readable(n("lambda_max_residual")[i]),
                 reports::readable(n("lambda_min")[i]),
                 reports::with_error(n("trace")[i], n("trace_error")[i]),
                 reports::with_error(n("squared_norm")[i], n("squared_norm_error")[i]),
                 status[i] + ", " + reports::readable(n("num_converged")[i]) + " of " +
                     reports::readable(n("num_wanted")[i]),
                 reports::readable(n("products")[i]) + ", " +
                     reports::readable(n("quadratic_forms")[i])});
        }
    }
    return table;
}

std::vector<std::string> convergence_warnings(const TrainingGroups& spectra) {
    std::vector<std::string> warnings;
    for (const auto& group : spectra.groups()) {
        const auto status = spectra.texts(group, "status");
        const auto step = spectra.numbers(group, "step");
        const auto residual = spectra.numbers(group, "lambda_max_residual");
        for (std::size_t i = 0; i < status.size(); ++i) {
            if (analysis::has_converged(status[i])) continue;
            const std::string remedy =
                status[i] == "nonfinite"
                    ? "Its products are not finite: look at the loss of this checkpoint"
                    : "More --max-products, a looser --tolerance or fewer pairs help";
            warnings.push_back(group.name + ", step " + reports::readable(step[i]) +
                               ": the eigenvalues have not converged (" + status[i] +
                               "); the residual of the largest is " +
                               reports::readable(residual[i]) + ". " + remedy);
        }
    }
    return warnings;
}

// A line for each matrix: what was measured of it at the last step.
std::string verdict_of(const TrainingGroups& spectra) {
    constexpr std::pair<const char*, const char*> kSaid[] = {{"lambda_max", "largest eigenvalue"},
                                                             {"lambda_min", "smallest eigenvalue"},
                                                             {"trace", "trace"}};
    std::string text;
    for (const auto& group : spectra.groups()) {
        std::vector<std::string> said;
        for (const auto& [column, name] : kSaid) {
            const double value = spectra.numbers(group, column).back();
            if (!std::isnan(value)) said.push_back(name + (" " + reports::readable(value)));
        }
        if (said.empty()) continue;
        text += (text.empty() ? "" : "\n") + group.name + ": " + reports::listing(said) +
                " at step " + reports::readable(spectra.numbers(group, "step").back()) + ".";
    }
    return text;
}

}  // namespace

std::vector<std::string> spectrum_tables() {
    std::vector<std::string> tables{kSummaryTable, kSubsetTable, kSharpnessTable, kCheckTable};
    for (const char* name : lab::CurvatureTables::names()) tables.emplace_back(name);
    return tables;
}

void add_summary(const fs::path& out, const lab::Labels& labels, std::int64_t step,
                 const SpectrumCost& cost, const analysis::Spectrum& spectrum) {
    std::vector<Cell> row = lab::labelled_row(labels, {step, cost.loss, cost.parameters});
    const auto end = [&](const std::vector<analysis::Eigenvalue>& pairs) {
        row.push_back(pairs.empty() ? Cell() : Cell(pairs[0].value));
        row.push_back(pairs.empty() ? Cell() : Cell(pairs[0].residual));
    };
    end(spectrum.largest);
    end(spectrum.smallest);
    row.insert(row.end(), {spectrum.status, spectrum.num_converged, spectrum.num_wanted});
    if (spectrum.trace) {
        const auto& [trace, norm] = *spectrum.trace;
        row.insert(row.end(), {trace.value, trace.standard_error, norm.value, norm.standard_error,
                               trace.value * trace.value / norm.value});
    } else {
        row.insert(row.end(), 5, Cell());
    }
    row.insert(row.end(), {cost.products, cost.quadratics, cost.seconds});
    lab::TableWriter(out / kSummaryTable, lab::labelled_columns(labels, kColumns),
                     lab::TableWriter::Mode::append)
        .add_row(row);
}

fs::path write_spectrum_report(const fs::path& out, const setups::OpenedRun& run,
                               const std::string& part, const std::string& command) {
    const std::string setting =
        run.program() + " " + lab::printable(run.folder().filename().string());
    const TrainingGroups spectra(out / kSummaryTable);
    lab::Report report;
    report.command = command;
    report.title = "Spectra of " + setting;
    report.question =
        "What do the eigenvalues of the curvature of the " + part + " loss look like?";
    report.verdict = verdict_of(spectra);
    report.tables.push_back(summary_table(spectra));
    if (fs::exists(out / kSubsetTable)) {
        report.tables.push_back(subset_report_table(out, spectra));
    }
    if (fs::exists(out / kSharpnessTable)) report.tables.push_back(sharpness_report_table(out));
    report.warnings = check_warnings(out);
    for (const auto& more : {convergence_warnings(spectra), subset_warnings(out)}) {
        report.warnings.insert(report.warnings.end(), more.begin(), more.end());
    }
    const std::vector<lab::Figure> figures = make_figures(out, setting);
    for (const std::string& failed : reports::draw_all(figures, out / "figures")) {
        report.warnings.push_back(failed);
    }
    for (const lab::Figure& figure : figures) report.figures.emplace_back(figure);
    for (const std::string& warning : report.warnings) std::cerr << "warning: " << warning << '\n';
    double seconds = 0, products = 0;
    for (const double value : spectra.table().numbers("seconds")) seconds += value;
    for (const double value : spectra.table().numbers("products")) products += value;
    report.cost = {{"operator checks", check_summary(out)},
                   {"products", reports::readable(products)},
                   {"wall time of the solves", lab::format_duration(seconds)}};
    report.environment = reports::build_environment();
    return lab::write_report(out, report);
}

}  // namespace dualtape::tools
