#include "experiments/analyses/probes/probe_folds.h"

#include <algorithm>
#include <string>

#include "experiments/lab/require.h"

namespace dualtape::analyses {

namespace {

// Penalties from the largest down, each fit starting at the one before, and the probe itself at the
// fit of its penalty: the path is short, and the fits that only choose a penalty need no more
// digits than their log-loss.
constexpr double kPathTolerance = 1e-3;

// The probe of every penalty, given largest first.
std::vector<LogisticProbe> fit_path(const Mat<double>& train, std::span<const std::int32_t> labels,
                                    const std::vector<double>& falling, LogisticSettings logistic) {
    logistic.tolerance = std::max(logistic.tolerance, kPathTolerance);
    std::vector<LogisticProbe> path;
    for (const double penalty : falling) {
        logistic.penalty = penalty;
        path.push_back(
            fit_logistic(train, labels, logistic, path.empty() ? nullptr : &path.back()));
    }
    return path;
}

}  // namespace

std::vector<std::int32_t> select(std::span<const std::int32_t> values,
                                 const std::vector<Index>& samples) {
    std::vector<std::int32_t> selected;
    if (values.empty()) return selected;
    for (const Index i : samples) selected.push_back(values[static_cast<std::size_t>(i)]);
    return selected;
}

void check_probe(In<Mat<double>> features, std::size_t labels, std::size_t groups,
                 const ProbeProtocol& settings) {
    const auto n = static_cast<std::size_t>(features.cols());
    lab::require(labels == n, "probe",
                 std::to_string(n) + " samples for " + std::to_string(labels) +
                     " labels; every sample needs both");
    lab::require(groups == 0 || groups == n, "probe",
                 std::to_string(n) + " samples for " + std::to_string(groups) +
                     " groups; give one each, or none at all");
    lab::require(settings.folds >= 2, "probe",
                 std::to_string(settings.folds) + " folds; use 2 or more");
    lab::require(settings.repeats >= 1, "probe",
                 std::to_string(settings.repeats) + " repeats; use 1 or more");
    lab::require(settings.inner_folds >= 1 && settings.inner_folds <= settings.folds, "probe",
                 std::to_string(settings.inner_folds) + " inner folds; use 1 .. " +
                     std::to_string(settings.folds));
    lab::require(!settings.penalties.empty(), "probe",
                 "no penalties to choose from; give one or more");
    lab::require(features.allFinite(), "probe",
                 "a feature is not finite; leave that sample or feature out");
}

Folds make_folds(std::span<const std::int32_t> labels, std::span<const std::int32_t> groups,
                 Index count, const FoldStream& stream) {
    if (groups.empty()) return stratified_folds(labels, 2, count, stream);
    return grouped_folds(groups, labels, 2, count, stream);
}

NestedFit fit_nested(In<Mat<double>> features, std::span<const std::int32_t> labels,
                     std::span<const std::int32_t> groups, const ProbeProtocol& settings,
                     std::uint64_t index) {
    NestedFit fit;
    fit.components = principal_components(features, settings.is_standardised);
    fit.base_rate = label_balance(labels).prevalence;
    const Mat<double> z = fit.components.apply(features);
    std::vector<double> falling = settings.penalties;
    std::sort(falling.rbegin(), falling.rend());
    LogisticSettings logistic = settings.logistic;
    std::vector<LogisticProbe> path;  // of the inner fold held out last
    std::size_t chosen = 0;
    if (falling.size() > 1) {
        const Folds folds =
            make_folds(labels, groups, settings.folds, {settings.seed, "inner folds", index});
        std::vector<double> total(falling.size());
        for (Index inner = 0; inner < settings.inner_folds; ++inner) {
            const std::vector<Index> train = folds.training(inner), held = folds.held_out(inner);
            const Mat<double> z_held = select_columns(z, held);
            const std::vector<std::int32_t> held_labels = select(labels, held);
            path = fit_path(select_columns(z, train), select(labels, train), falling, logistic);
            for (std::size_t i = 0; i < path.size(); ++i) {
                total[i] += log_loss_bits(log_odds(z_held, path[i]), held_labels);
            }
        }
        chosen =
            static_cast<std::size_t>(std::min_element(total.begin(), total.end()) - total.begin());
    }
    fit.penalty = logistic.penalty = falling[chosen];
    fit.probe = fit_logistic(z, labels, logistic, path.empty() ? nullptr : &path[chosen]);
    return fit;
}

FoldResult run_fold(In<Mat<double>> features, std::span<const std::int32_t> labels,
                    std::span<const std::int32_t> groups, const Folds& folds, Index which,
                    std::uint64_t repeat, const ProbeProtocol& settings) {
    const std::vector<Index> train = folds.training(which), held = folds.held_out(which);
    const std::uint64_t index =
        repeat * static_cast<std::uint64_t>(settings.folds) + static_cast<std::uint64_t>(which);
    const NestedFit fit = fit_nested(select_columns(features, train), select(labels, train),
                                     select(groups, train), settings, index);
    const Vec<double> odds =
        log_odds(fit.components.apply(select_columns(features, held)), fit.probe);
    return {.scores = score_binary(odds, select(labels, held), fit.base_rate),
            .penalty = fit.penalty,
            .gradient_norm = fit.probe.gradient_norm,
            .is_converged = fit.probe.is_converged};
}

ProbeResult collect_folds(const std::vector<FoldResult>& folds, Index num_folds) {
    ProbeResult result;
    for (const FoldResult& fold : folds) {
        result.scores.push_back(fold.scores);
        result.penalties.push_back(fold.penalty);
        result.num_unconverged += fold.is_converged ? 0 : 1;
        result.largest_gradient_norm = std::max(result.largest_gradient_norm, fold.gradient_norm);
    }
    for (const ScoreKind& score : kScoreKinds) {
        std::vector<double> values;
        for (const Scores& of : result.scores) values.push_back(of.*score.member);
        const statistics::Mean mean =
            statistics::cross_validation_interval(values, 1 / static_cast<double>(num_folds - 1));
        result.summary.mean.*score.member = mean.mean;
        result.summary.low.*score.member = mean.interval.low;
        result.summary.high.*score.member = mean.interval.high;
    }
    return result;
}

}  // namespace dualtape::analyses
