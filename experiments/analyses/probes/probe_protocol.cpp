#include "experiments/analyses/probes/probe_protocol.h"

#include <algorithm>
#include <limits>

#include "engine/core/parallel.h"
#include "engine/optim/lbfgs.h"
#include "experiments/analyses/probes/logistic_objective.h"
#include "experiments/analyses/probes/probe_folds.h"

namespace dualtape::analyses {

namespace {

// The inner folds of fit_probe: no outer fold has this index.
constexpr std::uint64_t kAllSamples = ~std::uint64_t{0};

// J / N of penalty 1 by L-BFGS from zero, stopped as scikit-learn stops.
LogisticProbe fit_as_scikit_learn(In<Mat<double>> features, std::span<const std::int32_t> labels,
                                  int max_iterations) {
    const LogisticObjective objective(features, labels, 1, false);
    const auto samples = static_cast<double>(objective.num_samples());
    const auto mean = [&](const Vec<double>& theta, Vec<double>& gradient) {
        const LogisticObjective::State state = objective.at(theta);
        gradient = objective.gradient(state) / samples;
        return state.objective / samples;
    };
    const optim::LbfgsResult found =
        optim::minimise(mean, Vec<double>::Zero(objective.num_features() + 1),
                        {.max_iterations = max_iterations,
                         .tolerance = 1e-4,
                         .least_fall = 64 * std::numeric_limits<double>::epsilon()});
    return {.weights = found.x.head(objective.num_features()),
            .intercept = found.x[objective.num_features()],
            .objective = samples * found.value,
            .gradient_norm = samples * found.gradient.norm(),
            .iterations = found.iterations,
            .is_converged = found.is_converged};
}

// 1 - sum of squared errors over sum of squared distances to the baseline, over all rows at once.
double joint_r_squared(In<Mat<double>> targets, In<Mat<double>> predictions,
                       In<Vec<double>> baseline) {
    return 1 - (targets - predictions).squaredNorm() / (targets.colwise() - baseline).squaredNorm();
}

}  // namespace

ProbeResult run_probe(In<Mat<double>> features, std::span<const std::int32_t> labels,
                      std::span<const std::int32_t> groups, const ProbeProtocol& settings) {
    check_probe(features, labels.size(), groups.size(), settings);
    std::vector<Folds> repeats;
    for (Index r = 0; r < settings.repeats; ++r) {
        repeats.push_back(make_folds(labels, groups, settings.folds,
                                     {settings.seed, "folds", static_cast<std::uint64_t>(r)}));
    }
    std::vector<FoldResult> folds(static_cast<std::size_t>(settings.repeats * settings.folds));
    parallel_for(
        resolve_threads(settings.threads), static_cast<Index>(folds.size()), [&](Index task, int) {
            const auto repeat = static_cast<std::size_t>(task / settings.folds);
            folds[static_cast<std::size_t>(task)] = run_fold(
                features, labels, groups, repeats[repeat], task % settings.folds, repeat, settings);
        });
    ProbeResult result = collect_folds(folds, settings.folds);
    result.balance = label_balance(labels);
    return result;
}

FittedProbe fit_probe(In<Mat<double>> features, std::span<const std::int32_t> labels,
                      std::span<const std::int32_t> groups, const ProbeProtocol& settings) {
    check_probe(features, labels.size(), groups.size(), settings);
    const NestedFit nested = fit_nested(features, labels, groups, settings, kAllSamples);
    FittedProbe fitted{.probe = nested.probe, .penalty = nested.penalty};
    fitted.probe.weights = nested.components.raw_weights(nested.probe.weights);
    fitted.probe.intercept -= fitted.probe.weights.dot(nested.components.mean);
    return fitted;
}

LiteralProbe run_literal_probe(In<Mat<double>> features, std::span<const std::int32_t> labels,
                               int max_iterations) {
    LiteralProbe result;
    result.balance = label_balance(labels);
    result.probe = fit_as_scikit_learn(features, labels, max_iterations);
    result.converged = fit_logistic(features, labels, LogisticSettings{});
    const auto scores = [&](const LogisticProbe& probe) {
        return score_binary(log_odds(features, probe), labels, result.balance.prevalence);
    };
    result.scores = scores(result.probe);
    result.converged_scores = scores(result.converged);
    return result;
}

RegressionResult run_regression_probe(In<Mat<double>> features, In<Mat<double>> targets,
                                      std::span<const std::int32_t> groups,
                                      const ProbeProtocol& settings) {
    check_probe(features, static_cast<std::size_t>(targets.cols()), groups.size(), settings);
    const std::vector<std::int32_t> one_class(static_cast<std::size_t>(targets.cols()), 0);
    std::vector<Folds> repeats;
    for (Index r = 0; r < settings.repeats; ++r) {
        repeats.push_back(make_folds(one_class, groups, settings.folds,
                                     {settings.seed, "folds", static_cast<std::uint64_t>(r)}));
    }
    const Index tasks = settings.repeats * settings.folds;
    RegressionResult result;
    result.r2.resize(static_cast<std::size_t>(tasks));
    result.penalties.resize(static_cast<std::size_t>(tasks));
    parallel_for(resolve_threads(settings.threads), tasks, [&](Index task, int) {
        const Folds& folds = repeats[static_cast<std::size_t>(task / settings.folds)];
        const std::vector<Index> train = folds.training(task % settings.folds);
        const std::vector<Index> held = folds.held_out(task % settings.folds);
        const Mat<double> x = select_columns(features, train), y = select_columns(targets, train);
        const Vec<double> mean = y.rowwise().mean();
        const Components components = principal_components(x, settings.is_standardised);
        if (components.directions.cols() == 0) {
            // Features without spread: the mean is all there is to predict.
            result.r2[static_cast<std::size_t>(task)] = 0;
            return;
        }
        const RidgeDecomposition decomposition = decompose(components.apply(x));
        std::vector<double> falling = settings.penalties;
        std::sort(falling.rbegin(), falling.rend());
        double penalty = falling[0], best = -std::numeric_limits<double>::infinity();
        for (const double candidate : falling) {
            const double r2 = joint_r_squared(y, leave_one_out(decomposition, y, candidate), mean);
            if (r2 > best) {
                best = r2;
                penalty = candidate;
            }
        }
        const RidgeProbe probe = fit_ridge(decomposition, y, penalty);
        const Mat<double> predictions =
            predict(probe, components.apply(select_columns(features, held)));
        result.r2[static_cast<std::size_t>(task)] =
            joint_r_squared(select_columns(targets, held), predictions, mean);
        result.penalties[static_cast<std::size_t>(task)] = penalty;
    });
    result.summary = statistics::cross_validation_interval(
        result.r2, 1 / static_cast<double>(settings.folds - 1));
    return result;
}

}  // namespace dualtape::analyses
