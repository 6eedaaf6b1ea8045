#include "experiments/analyses/probes/concept_probes.h"

#include <array>
#include <limits>
#include <stdexcept>

#include "experiments/analyses/probes/class_probe.h"

namespace dualtape::analyses {

namespace {

// A concept as every probe of it takes it.
struct Task {
    const ProbedPairs& pairs;
    Concept labelled;
    ProbeProtocol protocol;
};

ProbeRow row_of(const std::string& control, const ProbeResult& result) {
    return {.control = control,
            .balance = result.balance,
            .mean = result.summary.mean,
            .low = result.summary.low,
            .high = result.summary.high,
            .penalty = statistics::median(result.penalties),
            .num_unconverged = result.num_unconverged};
}

ProbeRow row_of(const std::string& control, const ClassProbeResult& result) {
    ProbeRow row{.control = control,
                 .balance = result.balance,
                 .penalty = statistics::median(result.penalties),
                 .num_unconverged = result.num_unconverged};
    // No class is that of the positives.
    row.balance.prevalence = ProbeRow::kNan;
    const auto set = [&](double Scores::*score, const statistics::Mean& mean) {
        row.mean.*score = mean.mean;
        row.low.*score = mean.interval.low;
        row.high.*score = mean.interval.high;
    };
    set(&Scores::accuracy, result.accuracy);
    set(&Scores::balanced_accuracy, result.balanced_accuracy);
    return row;
}

// Scored on the pairs of the fit, where the published code stops and at the minimum.
std::array<ProbeRow, 2> literal_rows(In<Mat<double>> features, const Task& task, int iterations) {
    const LiteralProbe literal =
        analyses::run_literal_probe(features, task.labelled.labels, iterations);
    const auto row = [&](const std::string& protocol, const LogisticProbe& probe,
                         const Scores& scores) {
        return ProbeRow{.protocol = protocol,
                        .balance = literal.balance,
                        .mean = scores,
                        .penalty = LogisticSettings{}.penalty,
                        .num_unconverged = probe.is_converged ? 0 : 1};
    };
    return {row("literal", literal.probe, literal.scores),
            row("literal_converged", literal.converged, literal.converged_scores)};
}

// The permuted scores; their p-values go to the row of the probe itself.
ProbeRow shuffled_row(In<Mat<double>> features, const Task& task, const ProbeSettings& settings,
                      ProbeRow& observed) {
    const bool is_logistic = settings.permuted_probe == "logistic";
    const PermutationControl control = analyses::permute_labels(
        features, task.labelled.labels, task.pairs.groups, task.protocol, settings.permutations,
        is_logistic ? PermutedProbe::logistic : PermutedProbe::least_squares);
    observed.p_value_balanced_accuracy = control.p_value.balanced_accuracy;
    observed.p_value_roc_auc = control.p_value.roc_auc;
    ProbeRow row{.control = "shuffled",
                 .balance = observed.balance,
                 .mean = control.mean,
                 .note = is_logistic ? "" : "least-squares probes, classes weighed alike"};
    for (const ScoreKind& score : analyses::kScoreKinds) {
        std::vector<double> values;
        for (const Scores& one : control.permuted) values.push_back(one.*score.member);
        row.low.*score.member = statistics::quantile(values, 0.025);
        row.high.*score.member = statistics::quantile(values, 0.975);
    }
    return row;
}

ConceptProbes probe_labels(In<Mat<double>> features, const Mat<double>* untrained, const Task& task,
                           const ProbeSettings& settings, bool has_controls) {
    const std::vector<std::int32_t>& labels = task.labelled.labels;
    const std::vector<std::int32_t>& groups = task.pairs.groups;
    const ProbeResult result = analyses::run_probe(features, labels, groups, task.protocol);
    ConceptProbes probes{{row_of("none", result)}};
    if (!has_controls) return probes;
    if (settings.has_literal) {
        for (ProbeRow& row :
             literal_rows(features, task, static_cast<int>(settings.literal_iterations))) {
            probes.rows.push_back(std::move(row));
        }
    }
    if (settings.permutations > 0) {
        probes.rows.push_back(shuffled_row(features, task, settings, probes.rows[0]));
    }
    if (settings.has_control_task) {
        const std::vector<std::int32_t> types =
            analyses::concept_variable(task.labelled.name, task.pairs.operands);
        try {
            const ProbeResult control =
                analyses::run_control_task(features, labels, types, groups, task.protocol);
            probes.rows.push_back(row_of("control_task", control));
            probes.selectivity = analyses::selectivity(result, control);
        } catch (const std::invalid_argument& error) {
            // Random labels may be rarer than those of the concept.
            probes.rows.push_back({.control = "control_task",
                                   .balance = result.balance,
                                   .note = std::string("not probed: ") + error.what()});
        }
    }
    if (untrained != nullptr) {
        const bool is_same = *untrained == features;
        probes.rows.push_back(row_of(
            "untrained",
            is_same ? result : analyses::run_probe(*untrained, labels, groups, task.protocol)));
    }
    return probes;
}

ConceptProbes probe_classes(In<Mat<double>> features, const Mat<double>* untrained,
                            const Task& task) {
    const auto row = [&](const std::string& control, In<Mat<double>> values) {
        return row_of(control,
                      analyses::run_class_probe(values, task.labelled.labels, task.labelled.classes,
                                                task.pairs.groups, task.protocol));
    };
    ConceptProbes probes{{row("none", features)}};
    if (untrained != nullptr) probes.rows.push_back(row("untrained", *untrained));
    return probes;
}

}  // namespace

const double ProbeRow::kNan = std::numeric_limits<double>::quiet_NaN();
const Scores ProbeRow::kNoScores{kNan, kNan, kNan, kNan, kNan, kNan};

ProbeProtocol protocol_of(const ProbeSettings& settings, std::uint64_t seed) {
    return {.folds = settings.folds,
            .repeats = settings.repeats,
            .penalties = settings.penalties,
            .is_standardised = settings.is_standardised,
            .seed = seed,
            .threads = 1};
}

ConceptProbes probe_concept(In<Mat<double>> features, const Mat<double>* untrained,
                            const std::string& name, const ProbedPairs& pairs,
                            const ProbeSettings& settings, std::uint64_t seed, bool has_controls) {
    const Task task{pairs, analyses::make_concept(name, pairs.operands),
                    protocol_of(settings, seed)};
    const auto none = [&](const std::string& why) {
        const LabelBalance balance =
            analyses::label_balance(task.labelled.labels, task.labelled.classes);
        return ConceptProbes{{{.balance = balance, .note = "not probed: " + why}}};
    };
    if (analyses::label_balance(task.labelled.labels, task.labelled.classes).has_one_class) {
        return none("one class only");
    }
    try {
        if (task.labelled.classes > 2) return probe_classes(features, untrained, task);
        return probe_labels(features, untrained, task, settings, has_controls);
    } catch (const std::invalid_argument& error) {
        return none(error.what());
    }
}

}  // namespace dualtape::analyses
