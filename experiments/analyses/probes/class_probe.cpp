#include "experiments/analyses/probes/class_probe.h"

#include <algorithm>

#include "engine/core/parallel.h"
#include "experiments/analyses/probes/probe_folds.h"
#include "experiments/study/classification.h"

namespace dualtape::analyses {

namespace {

// Of fits that only choose a penalty.
constexpr double kFoldTolerance = 1e-2;

// Penalty of least log-loss on the inner folds; `falling` is sorted from the largest down.
double choose_penalty(const Mat<double>& z, std::span<const std::int32_t> labels, Index classes,
                      const Folds& folds, const ProbeProtocol& settings,
                      const std::vector<double>& falling) {
    std::vector<double> total(falling.size());
    for (Index inner = 0; inner < settings.inner_folds; ++inner) {
        const std::vector<Index> train = folds.training(inner), held = folds.held_out(inner);
        const Mat<double> z_train = select_columns(z, train), z_held = select_columns(z, held);
        const std::vector<std::int32_t> train_labels = select(labels, train);
        const std::vector<std::int32_t> held_labels = select(labels, held);
        LogisticSettings logistic = settings.logistic;
        logistic.tolerance = std::max(logistic.tolerance, kFoldTolerance);
        SoftmaxProbe probe;
        for (std::size_t i = 0; i < falling.size(); ++i) {
            logistic.penalty = falling[i];
            probe =
                fit_softmax(z_train, train_labels, classes, logistic, i == 0 ? nullptr : &probe);
            // The mean over the samples; inner folds differ in size by one.
            total[i] += study::classify<double>(class_scores(z_held, probe), held_labels).loss;
        }
    }
    return falling[static_cast<std::size_t>(std::min_element(total.begin(), total.end()) -
                                            total.begin())];
}

Folds class_folds(std::span<const std::int32_t> labels, Index classes,
                  std::span<const std::int32_t> groups, Index count, const FoldStream& stream) {
    if (groups.empty()) return stratified_folds(labels, classes, count, stream);
    return grouped_folds(groups, labels, classes, count, stream);
}

}  // namespace

ClassProbeResult run_class_probe(In<Mat<double>> features, std::span<const std::int32_t> labels,
                                 Index classes, std::span<const std::int32_t> groups,
                                 const ProbeProtocol& settings) {
    check_probe(features, labels.size(), groups.size(), settings);
    std::vector<double> falling = settings.penalties;
    std::sort(falling.rbegin(), falling.rend());
    std::vector<Folds> repeats;
    for (std::uint64_t r = 0; r < static_cast<std::uint64_t>(settings.repeats); ++r) {
        repeats.push_back(
            class_folds(labels, classes, groups, settings.folds, {settings.seed, "folds", r}));
    }
    const auto tasks = static_cast<std::size_t>(settings.repeats * settings.folds);
    ClassProbeResult result;
    result.accuracies.resize(tasks);
    result.balanced_accuracies.resize(tasks);
    result.penalties.resize(tasks);
    std::vector<Index> unconverged(tasks);
    const auto run_task = [&](Index task, int) {
        const auto at = static_cast<std::size_t>(task);
        const Folds& folds = repeats[at / static_cast<std::size_t>(settings.folds)];
        const std::vector<Index> train = folds.training(task % settings.folds);
        const std::vector<Index> held = folds.held_out(task % settings.folds);
        const Mat<double> x = select_columns(features, train);
        const std::vector<std::int32_t> y = select(labels, train);
        const Components components = principal_components(x, settings.is_standardised);
        const Mat<double> z = components.apply(x);
        LogisticSettings logistic = settings.logistic;
        logistic.penalty = falling[0];
        if (falling.size() > 1) {
            const Folds inner = class_folds(y, classes, select(groups, train), settings.folds,
                                            {settings.seed, "inner folds", at});
            logistic.penalty = choose_penalty(z, y, classes, inner, settings, falling);
        }
        const SoftmaxProbe probe = fit_softmax(z, y, classes, logistic);
        const Mat<double> scores =
            class_scores(components.apply(select_columns(features, held)), probe);
        std::vector<std::int32_t> answers(held.size());
        for (std::size_t i = 0; i < held.size(); ++i) {
            Index best = 0;
            scores.col(static_cast<Index>(i)).maxCoeff(&best);
            answers[i] = static_cast<std::int32_t>(best);
        }
        const std::vector<std::int32_t> truth = select(labels, held);
        result.accuracies[at] = accuracy(answers, truth);
        result.balanced_accuracies[at] = balanced_accuracy(answers, truth);
        result.penalties[at] = logistic.penalty;
        unconverged[at] = probe.is_converged ? 0 : 1;
    };
    parallel_for(resolve_threads(settings.threads), static_cast<Index>(tasks), run_task);
    const double test_share = 1 / static_cast<double>(settings.folds - 1);
    result.accuracy = statistics::cross_validation_interval(result.accuracies, test_share);
    result.balanced_accuracy =
        statistics::cross_validation_interval(result.balanced_accuracies, test_share);
    result.balance = label_balance(labels, classes);
    for (const Index one : unconverged) result.num_unconverged += one;
    return result;
}

}  // namespace dualtape::analyses
