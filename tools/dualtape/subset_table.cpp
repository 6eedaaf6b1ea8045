#include "tools/dualtape/subset_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/analyses/curvature/subset_spectra.h"
#include "experiments/report/run_tables.h"

namespace dualtape::tools {

namespace {

using lab::Cell;
using report::readable;
using report::TrainingGroups;

constexpr const char* kSubsetColumns[] = {"step",
                                          "subset",
                                          "samples",
                                          "lambda_max",
                                          "lambda_max_residual",
                                          "lambda_min",
                                          "lambda_min_residual",
                                          "trace",
                                          "trace_error",
                                          "status",
                                          "products"};

constexpr std::pair<const char*, const char*> kQuantities[] = {
    {"lambda_max", "λ max"}, {"lambda_min", "λ min"}, {"trace", "trace"}};

// The number of all samples for the same matrix and step; NaN when there is none.
double of_all_samples(const TrainingGroups& spectra, const std::string& name, double step,
                      const char* column) {
    for (const auto& group : spectra.groups()) {
        if (group.name != name) continue;
        const auto steps = spectra.numbers(group, "step");
        const auto at = std::find(steps.begin(), steps.end(), step);
        if (at == steps.end()) continue;
        return spectra.numbers(group, column)[static_cast<std::size_t>(at - steps.begin())];
    }
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

void add_subsets(const std::filesystem::path& out, const lab::Labels& labels, std::int64_t step,
                 Index samples, const std::vector<analyses::Spectrum>& spectra) {
    lab::TableWriter table(out / kSubsetTable, lab::labelled_columns(labels, kSubsetColumns),
                           lab::TableWriter::Mode::append);
    for (std::size_t i = 0; i < spectra.size(); ++i) {
        const analyses::Spectrum& spectrum = spectra[i];
        std::vector<Cell> row = lab::labelled_row(labels, {step, i, samples});
        for (const auto* end : {&spectrum.largest, &spectrum.smallest}) {
            row.push_back(end->empty() ? Cell() : Cell((*end)[0].value));
            row.push_back(end->empty() ? Cell() : Cell((*end)[0].residual));
        }
        row.push_back(spectrum.trace ? Cell(spectrum.trace->trace.value) : Cell());
        row.push_back(spectrum.trace ? Cell(spectrum.trace->trace.standard_error) : Cell());
        row.insert(row.end(), {spectrum.status, spectrum.products});
        table.add_row(row);
    }
}

lab::ReportTable subset_report_table(const std::filesystem::path& out,
                                     const TrainingGroups& spectra) {
    const TrainingGroups subsets(out / kSubsetTable);
    lab::ReportTable table;
    table.title = "Subsets of the samples";
    table.note =
        "Random subsets without repeats, the same at all steps; sd is between subsets, the "
        "standard error that of their mean. Extremes of subsets are biased outwards: the expected "
        "λ max of a subset is at least that of all samples and the expected λ min at most, however "
        "many subsets there are; a trace has no such bias. All traces are of the same random "
        "vectors, "
        "whose error, trace_error in subsets.tsv, is in no sd.";
    table.columns = {"matrix", "step", "samples",        "subsets",    "quantity",
                     "mean",   "sd",   "standard error", "all samples"};
    for (const auto& group : subsets.groups()) {
        const auto step = subsets.numbers(group, "step");
        const auto samples = subsets.numbers(group, "samples");
        // Rows of one step follow each other.
        for (std::size_t first = 0, end = 0; first < step.size(); first = end) {
            while (end < step.size() && step[end] == step[first]) ++end;
            for (const auto& [column, name] : kQuantities) {
                const auto all = subsets.numbers(group, column);
                const std::vector<double> values(all.begin() + static_cast<std::ptrdiff_t>(first),
                                                 all.begin() + static_cast<std::ptrdiff_t>(end));
                if (std::all_of(values.begin(), values.end(),
                                [](double value) { return std::isnan(value); })) {
                    continue;
                }
                const analyses::SubsetNumbers numbers = analyses::subset_numbers(values);
                table.rows.push_back(
                    {group.name, readable(step[first]), readable(samples[first]),
                     std::to_string(values.size()), name, readable(numbers.mean),
                     readable(numbers.sd), readable(numbers.standard_error),
                     readable(of_all_samples(spectra, group.name, step[first], column))});
            }
        }
    }
    return table;
}

std::vector<std::string> subset_warnings(const std::filesystem::path& out) {
    const TrainingGroups subsets(out / kSubsetTable);
    std::vector<std::string> warnings;
    for (const auto& group : subsets.groups()) {
        const auto status = subsets.texts(group, "status");
        const auto open = std::count_if(status.begin(), status.end(), [](const std::string& text) {
            return !analyses::has_converged(text);
        });
        if (open == 0) continue;
        warnings.push_back(group.name + ": " + std::to_string(open) + " of " +
                           std::to_string(status.size()) +
                           " solves on subsets have not converged. More --max-products or a looser "
                           "--tolerance help");
    }
    return warnings;
}

}  // namespace dualtape::tools
