#include "tools/dualtape/sharpness_table.h"

#include <cmath>

#include "experiments/report/run_tables.h"
#include "experiments/report/training_groups.h"

namespace dualtape::tools {

namespace {

using lab::Cell;
using report::readable;

constexpr const char* kSharpnessColumns[] = {
    "step",       "loss",          "gradient_norm", "norm",
    "lambda_max", "trace",         "trace_error",   "gradient_curvature",
    "critical",   "critical_step", "sam",           "asam",
    "average",    "average_error", "ball",          "keskar",
    "fisher_rao", "evaluations",   "gradients",     "sam_rho",
    "asam_rho",   "average_sigma", "ball_rho",      "keskar_epsilon"};

}  // namespace

void add_sharpness(const std::filesystem::path& out, const lab::Labels& labels, std::int64_t step,
                   const analyses::SharpnessMeasures& m, const analyses::MeasureSettings& settings,
                   const analyses::Spectrum* hessian) {
    std::vector<Cell> row = lab::labelled_row(labels, {step, m.loss, m.gradient_norm, m.norm});
    const bool has_top = hessian != nullptr && !hessian->largest.empty();
    const bool has_trace = hessian != nullptr && hessian->trace.has_value();
    row.push_back(has_top ? Cell(hessian->largest[0].value) : Cell());
    row.push_back(has_trace ? Cell(hessian->trace->trace.value) : Cell());
    row.push_back(has_trace ? Cell(hessian->trace->trace.standard_error) : Cell());
    row.insert(row.end(), {m.gradient_curvature, m.critical.value, m.critical.step, m.sam, m.asam,
                           m.average.mean, m.average.error, m.ball, m.keskar, m.fisher_rao,
                           m.evaluations, m.gradients, settings.sam_rho, settings.asam_rho,
                           settings.average_sigma, settings.ball_rho, settings.keskar_epsilon});
    lab::TableWriter(out / kSharpnessTable, lab::labelled_columns(labels, kSharpnessColumns),
                     lab::TableWriter::Mode::append)
        .add_row(row);
}

lab::ReportTable sharpness_report_table(const std::filesystem::path& out) {
    const report::TrainingGroups sharpness(out / kSharpnessTable);
    // Radii are those of the command line, the same in all rows.
    const auto radius = [&](const char* column) {
        return readable(sharpness.table().numbers(column).at(0));
    };
    lab::ReportTable table;
    table.title = "Sharpness of the loss";
    table.note =
        "g'Hg/|g|²: curvature along the gradient. Critical: 2/η of the first step η along -g that "
        "does not lower the loss, to 1 %. SAM: rise of the loss along g by |δ| = " +
        radius("sam_rho") + "; ASAM: along T²g by |T^{-1}δ| = " + radius("asam_rho") +
        ", T = |θ| + 0.01. Mean: expected rise for normal steps of deviation " +
        radius("average_sigma") +
        " in every entry, ± one standard error: half its square times the trace as far as the loss "
        "is quadratic. Ball: "
        "largest rise found within |δ| ≤ " +
        radius("ball_rho") + ", and Keskar, in per cent of 1 + loss, within |δ_{i}| ≤ " +
        radius("keskar_epsilon") +
        " (|θ_{i}| + 1), by gradient ascent: lower bounds. Fisher-Rao: θ'Gθ. Rises are in nats. "
        "Cost: about 15 losses for critical, 2 each for SAM and ASAM, 33 for the mean, 251 "
        "gradients "
        "each for ball and Keskar, a quadratic form each for g'Hg and Fisher-Rao. All but ASAM and "
        "Fisher-Rao change when layers are rescaled without a change of the function, so read them "
        "beside |θ|; none of them says alone how a network generalises.";
    table.columns = {
        "training", "step", "loss", "|θ|",  "|g|",  "λ max",  "trace",      "g'Hg/|g|²",
        "critical", "SAM",  "ASAM", "mean", "ball", "Keskar", "Fisher-Rao", "losses, gradients"};
    for (const auto& group : sharpness.groups()) {
        const auto n = [&](const char* column) { return sharpness.numbers(group, column); };
        for (std::size_t i = 0; i < group.rows.size(); ++i) {
            table.rows.push_back(
                {group.name, readable(n("step")[i]), readable(n("loss")[i]), readable(n("norm")[i]),
                 readable(n("gradient_norm")[i]), readable(n("lambda_max")[i]),
                 report::with_error(n("trace")[i], n("trace_error")[i]),
                 readable(n("gradient_curvature")[i]), readable(n("critical")[i]),
                 readable(n("sam")[i]), readable(n("asam")[i]),
                 report::with_error(n("average")[i], n("average_error")[i]), readable(n("ball")[i]),
                 readable(n("keskar")[i]), readable(n("fisher_rao")[i]),
                 readable(n("evaluations")[i]) + ", " + readable(n("gradients")[i])});
        }
    }
    return table;
}

}  // namespace dualtape::tools
