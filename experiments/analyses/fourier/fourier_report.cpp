#include "experiments/analyses/fourier/fourier_report.h"

#include <algorithm>
#include <cmath>

#include "experiments/analyses/fourier/fourier_figures.h"
#include "experiments/analyses/fourier/fourier_verdict.h"
#include "experiments/report/decisions.h"
#include "experiments/report/run_tables.h"

namespace dualtape::analyses {

namespace {

using lab::ReportTable;
using Texts = std::vector<std::string>;

constexpr double kManyDead = 0.5;  // share of the neurons

ReportTable key_table(const FourierFindings& findings) {
    ReportTable table{
        .title = "Key frequencies and neurons",
        .note =
            "At the last checkpoint. Share of explained neurons: with 95 % "
            "interval (Wilson).",
        .columns = {"training", "step", "keys", "by neurons", "by table of tokens", "by output map",
                    "live neurons", "explained", "mean FVE", "logit FVE", "mean cosine of phases"},
        .rows = {}};
    for (const FourierTraining& training : findings.trainings) {
        const auto keys = [&](const char* quantity) {
            const FourierTraining::Row row = training.row(quantity);
            if (!row.value.empty()) return row.value;
            // The note of a rule that does not apply names no threshold.
            return std::string(row.note.find("threshold") == std::string::npos ? "–" : "none");
        };
        const auto number = [&](const char* quantity) {
            return report::readable(training.number(quantity));
        };
        const FourierTraining::Row share = training.row("explained_share");
        table.rows.push_back(
            {training.name, report::readable(training.step),
             training.text("keys").empty() ? "none" : training.text("keys"), keys("keys_neurons"),
             keys("keys_embedding"), keys("keys_output"),
             number("live_neurons") + " of " + number("neurons"),
             share.value.empty() ? "–" : share_text(share.value), number("mean_fve"),
             report::readable(findings.progress.last_numbers(training.name, "logit_fve").back()),
             number("misalignment_mean_cosine")});
    }
    return table;
}

ReportTable cluster_table(const FourierFindings& findings) {
    ReportTable table{
        .title = "Neurons by key frequency",
        .note =
            "Neurons whose variance one key explains above the threshold. Amplitudes: of the "
            "activation's waves, means over them.",
        .columns = {"training", "k", "neurons", "mean FVE", "amplitude of a", "of b", "of a + b",
                    "of a − b", "train loss without k"},
        .rows = {}};
    for (const FourierTraining& training : findings.trainings) {
        const auto column = [&](const char* name) {
            return findings.neurons.last_numbers(training.name, name);
        };
        const auto cluster = column("cluster");
        const auto excluded_key = findings.excluded.last_numbers(training.name, "frequency"),
                   excluded = findings.excluded.last_numbers(training.name, "excluded_loss");
        for (const double k : training.keys()) {
            double count = 0;
            const auto mean = [&](const char* name) {
                const std::vector<double> values = column(name);
                double sum = 0;
                count = 0;
                for (std::size_t j = 0; j < values.size(); ++j) {
                    if (cluster[j] != k) continue;
                    sum += values[j];
                    ++count;
                }
                return report::readable(sum / count);
            };
            Texts row{training.name, report::readable(k), ""};
            for (const char* name :
                 {"fve", "amplitude_a", "amplitude_b", "amplitude_sum", "amplitude_difference"}) {
                row.push_back(mean(name));
            }
            row[2] = report::readable(count);
            const auto place = std::find(excluded_key.begin(), excluded_key.end(), k);
            row.push_back(
                place == excluded_key.end()
                    ? "–"
                    : report::readable(
                          excluded[static_cast<std::size_t>(place - excluded_key.begin())]));
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

ReportTable null_table(const FourierFindings& findings) {
    const std::string permutations = findings.trainings[0].text("permutations");
    ReportTable table{
        .title = "Permutations of the tokens",
        .note = "p-values: share of " + permutations +
                " permutations that give as much, the true order counted as one of them; ≤: none "
                "does. They keep everything but the order of the tokens.",
        .columns = {"training", "largest FVE", "mean FVE", "table of tokens", "output map",
                    "largest |r|", "correlated neurons", "correlated, permuted", "their p"},
        .rows = {}};
    for (const FourierTraining& training : findings.trainings) {
        Texts row{training.name};
        for (const char* quantity : {"largest_fve_p_value", "mean_fve_p_value", "embedding_p_value",
                                     "output_p_value", "correlation_p_value", "correlated_neurons",
                                     "correlated_neurons_null", "correlated_neurons_p_value"}) {
            const double value = training.number(quantity);
            row.push_back(std::string(quantity).ends_with("p_value")
                              ? report::p_value_in_table(value, training.number("permutations"))
                              : report::readable(value));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

// "300 (299 to 500)"; a dash where it was not found.
std::string boundary(const FourierTraining& training, const char* quantity) {
    const FourierTraining::Row row = training.row(quantity);
    if (row.value.empty()) return "–";
    return row.low.empty() ? row.value : row.value + " (" + row.low + " to " + row.high + ")";
}

ReportTable boundary_table(const FourierFindings& findings) {
    ReportTable table{
        .title = "Boundaries of the phases",
        .note =
            "Steps on the grid of the checkpoints, with 95 % bootstrap intervals; a dash: not "
            "found. "
            "Memorised: the first checkpoint from which train accuracy stays at 0.99; the logs, "
            "which lie closer, can show it earlier. The others are kinks of the logarithms of "
            "excluded loss and test loss.",
        .columns = {"training", "memorised", "circuit begins to form", "cleanup begins",
                    "cleanup ends"},
        .rows = {}};
    for (const FourierTraining& training : findings.trainings) {
        table.rows.push_back(
            {training.name, boundary(training, "memorised"), boundary(training, "circuit_begins"),
             boundary(training, "cleanup_begins"), boundary(training, "cleanup_ends")});
    }
    return table;
}

ReportTable phase_table(const FourierFindings& findings) {
    ReportTable table{
        .title = "What changes in each phase",
        .note =
            "Differences of log_{10} from the first to the last step of the phase, smoothed. "
            "As defined: circuit formation, excluded loss rises and restricted loss falls; "
            "cleanup, test loss and sum of squares fall.",
        .columns = {"training", "phase", "from", "to", "test loss", "restricted loss",
                    "excluded loss", "sum of squares", "as defined"},
        .rows = {}};
    for (const FourierTraining& training : findings.trainings) {
        const auto column = [&](const char* name) {
            return findings.phases.last_numbers(training.name, name);
        };
        const Texts names = findings.phases.last_texts(training.name, "phase");
        for (std::size_t i = 0; i < names.size(); ++i) {
            Texts row{training.name, names[i]};
            for (const char* name : {"from", "to", "test_loss_change", "restricted_loss_change",
                                     "excluded_loss_change", "sum_of_squares_change"}) {
                row.push_back(report::readable(column(name)[i]));
            }
            row.push_back(column("is_as_defined")[i] == 1 ? "yes" : "no");
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

// Names of the trainings for which something holds: "all trainings", "width 16, seed 1; seed 2".
std::string where(const FourierFindings& findings, const auto& holds) {
    Texts names;
    for (const FourierTraining& training : findings.trainings) {
        if (holds(training)) names.push_back(training.name);
    }
    if (names.size() == findings.trainings.size() && names.size() > 1) return "all trainings";
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : "; ") + name;
    return text;
}

Texts warnings_of(const FourierFindings& findings) {
    Texts warnings;
    const FourierTraining& first = findings.trainings[0];
    const double p = first.number("p");
    if (!first.text("nyquist_frequency").empty()) {
        warnings.push_back("p = " + report::readable(p) + " is even: the frequency " +
                           first.text("nyquist_frequency") +
                           " has no sine, and its waves of a + b and a − b are one.");
    }
    if (!first.text("subgroup_frequencies").empty()) {
        warnings.push_back(
            "p = " + report::readable(p) + " is composite: waves of the frequencies " +
            first.text("subgroup_frequencies") + " tell cosets of a subgroup apart, not tokens.");
    }
    if (first.number("pairs") < p * p) {
        warnings.push_back("The task has " + report::readable(first.number("pairs")) + " of the " +
                           report::readable(p * p) +
                           " pairs. Losses are over them; frequencies of neurons and logits are "
                           "over all pairs, and so over some that no training asks for.");
    }
    if (first.number("permutations") == 0) {
        warnings.push_back(
            "Without permutations nothing says what an unordered vocabulary would "
            "give (--fourier-permutations 0).");
    }
    for (const FourierTraining& training : findings.trainings) {
        if (training.text("steps_left_out").empty()) continue;
        warnings.push_back(training.name + ": checkpoints left out, as they are not finite: " +
                           training.text("steps_left_out") + ".");
    }
    const std::string dead = where(findings, [](const FourierTraining& training) {
        return training.number("live_neurons") < (1 - kManyDead) * training.number("neurons");
    });
    if (!dead.empty()) {
        warnings.push_back(
            "More than half of the neurons are dead (constant over the pairs): " + dead + ".");
    }
    // Trainings that give the same reason share a sentence.
    Texts reasons;
    for (const FourierTraining& training : findings.trainings) {
        const std::string status = training.text("phases");
        if (status == "judged" ||
            std::find(reasons.begin(), reasons.end(), status) != reasons.end()) {
            continue;
        }
        reasons.push_back(status);
        warnings.push_back(
            "Phases of the training " + status + " (" +
            where(findings,
                  [&](const FourierTraining& other) { return other.text("phases") == status; }) +
            ").");
    }
    return warnings;
}

}  // namespace

report::CircuitReport fourier_report(const std::filesystem::path& folder,
                                     const std::string& setting) {
    const FourierFindings findings(folder);
    report::CircuitReport report;
    if (findings.trainings.empty()) {
        report.verdict = "No checkpoint has finite logits: there is nothing to analyse.";
        return report;
    }
    report.verdict = fourier_verdict(findings);
    report.figures = frequency_figures(findings, setting);
    for (lab::Figure& figure : progress_figures(findings, setting)) {
        report.figures.push_back(std::move(figure));
    }
    report.tables.push_back(key_table(findings));
    const auto add = [&](ReportTable table) {
        if (!table.rows.empty()) report.tables.push_back(std::move(table));
    };
    add(cluster_table(findings));
    if (findings.trainings[0].number("permutations") > 0) add(null_table(findings));
    const bool has_phases = std::any_of(
        findings.trainings.begin(), findings.trainings.end(),
        [](const FourierTraining& training) { return training.text("phases") == "judged"; });
    if (has_phases) {
        add(boundary_table(findings));
        add(phase_table(findings));
    }
    report.warnings = warnings_of(findings);
    return report;
}

}  // namespace dualtape::analyses
