// The derived tables in their order; what a run cost, and the numbers it ends with.

#include "experiments/circuit_emergence/acceptance.h"
#include "experiments/circuit_emergence/phase_changes.h"
#include "experiments/circuit_emergence/reference.h"
#include "experiments/circuit_emergence/report.h"
#include "experiments/circuit_emergence/summary_json.h"
#include "experiments/circuit_emergence/trainings.h"
#include "experiments/report/run_tables.h"

namespace dualtape::circuit_emergence {

namespace {

namespace fs = std::filesystem;

std::string spread_of(const OverSeeds& found) {
    if (found.interval_over == "seeds") {
        return std::to_string(found.seeds) + " seeds, mean and 95 % interval, Student's t";
    }
    if (found.interval_over == "folds") return "one seed, 95 % interval over folds";
    return "one seed";
}

}  // namespace

void summarise(const fs::path& folder) {
    const ProbeRows rows(folder);
    const std::vector<OverFrequencies> frequencies = over_frequencies(rows);
    write_summary(folder, rows, frequencies);
    write_by_width(folder, rows, frequencies);
    write_phase_changes(folder, rows, frequencies);
    write_reference(folder, ByWidth(folder));
    write_acceptance(folder, rows);
    write_summary_json(Findings(folder), folder);
}

Work work_of(const fs::path& folder) {
    const ProbeRows rows(folder);
    const Summary summary(folder);
    double steps = 0;
    for (const std::int64_t width : summary.widths()) {
        for (const double last : summary.numbers(width, "censored_at")) steps += last;
    }
    return {{"training steps, all networks", steps},
            {"probes of concepts", static_cast<double>(rows.scores.size())},
            {"ridge regressions of frequencies", static_cast<double>(rows.frequencies.size())}};
}

void add_final_numbers(const fs::path& folder, lab::Manifest& manifest) {
    const ProbeRows rows(folder);
    const ByWidth by_width(folder);
    const std::string node = rows.deepest_hidden();
    const auto add = [&](std::int64_t width, const std::string& topic,
                         const std::string& quantity) {
        const OverSeeds found = by_width.find(width, node, topic, quantity);
        if (found.seeds == 0) return;
        manifest.add_number({.name = topic + "_" + quantity + "_width" + std::to_string(width),
                             .value = found.mean.value,
                             .low = found.mean.low,
                             .high = found.mean.high,
                             .spread = spread_of(found)});
    };
    for (const std::int64_t width : by_width.widths()) {
        for (const std::string& topic : rows.concepts) add(width, topic, "balanced_accuracy");
        add(width, "fourier_sum", kMeanR2);
        add(width, "fourier_sum", kBestR2);
        add(width, "fourier_sum", kBestWaveR2);
    }
}

}  // namespace dualtape::circuit_emergence
