// The derived tables in their order; what a run cost, the numbers it ends with, and what its probes
// could not do.

#include <algorithm>
#include <map>
#include <set>

#include "experiments/reports/circuit_emergence.h"
#include "experiments/reports/circuit_emergence/acceptance.h"
#include "experiments/reports/circuit_emergence/phase_changes.h"
#include "experiments/reports/circuit_emergence/reference.h"
#include "experiments/reports/circuit_emergence/trainings.h"
#include "experiments/reports/run_tables.h"

namespace dualtape::reports::circuit_emergence {

namespace {

namespace fs = std::filesystem;

std::string spread_of(const OverSeeds& found) {
    if (found.interval_over == "seeds") {
        return std::to_string(found.seeds) + " seeds, mean and 95 % interval, Student's t";
    }
    if (found.interval_over == "folds") return "one seed, 95 % interval over folds";
    return "one seed";
}

std::string quoted(const std::set<std::string>& topics) {
    std::vector<std::string> names;
    for (const std::string& topic : topics) names.push_back("\"" + name_of_concept(topic) + "\"");
    return listing(names);
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
    }
}

std::vector<std::string> probe_warnings(const fs::path& folder) {
    const ProbeRows rows(folder);
    std::size_t unconverged = 0, probes = 0;
    bool is_seen = false;
    std::set<std::string> rare;
    std::map<std::string, std::set<std::string>> left_out;  // by reason
    for (const ScoreRow& row : rows.scores) {
        is_seen |= row.is_seen_in_training;
        if (row.is_rare) rare.insert(row.topic);
        const bool is_made = row.accuracy.value == row.accuracy.value;
        if (!is_made && !row.note.empty()) left_out[row.note].insert(row.topic);
        if (!is_made || row.num_unconverged != row.num_unconverged) continue;
        ++probes;
        unconverged += row.num_unconverged > 0 ? 1 : 0;
    }
    std::vector<std::string> warnings;
    if (is_seen) {
        warnings.emplace_back(
            "the probed pairs were seen in training: what is read from them may be memorised");
    }
    if (!rare.empty()) {
        warnings.push_back(quoted(rare) +
                           ": fewer than 5 % of the pairs, so that accuracy says nothing; see "
                           "the balanced accuracy");
    }
    if (unconverged > 0) {
        warnings.push_back(std::to_string(unconverged) + " of " + std::to_string(probes) +
                           " probes have a fold whose fit did not converge");
    }
    for (const auto& [note, topics] : left_out) warnings.push_back(quoted(topics) + ": " + note);
    return warnings;
}

}  // namespace dualtape::reports::circuit_emergence
