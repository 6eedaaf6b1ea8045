#include "experiments/analyses/probes/least_squares_probe.h"

#include <algorithm>
#include <limits>

#include "experiments/analyses/probes/components.h"
#include "experiments/analyses/probes/probe_folds.h"
#include "experiments/analyses/probes/ridge_probe.h"

namespace dualtape::analyses {

namespace {

// K x samples: -1 and +1.
Mat<double> signs_of(const std::vector<std::vector<std::int32_t>>& labellings,
                     const std::vector<Index>& samples) {
    Mat<double> signs(static_cast<Index>(labellings.size()), static_cast<Index>(samples.size()));
    for (std::size_t k = 0; k < labellings.size(); ++k) {
        for (std::size_t i = 0; i < samples.size(); ++i) {
            signs(static_cast<Index>(k), static_cast<Index>(i)) =
                labellings[k][static_cast<std::size_t>(samples[i])] == 1 ? 1 : -1;
        }
    }
    return signs;
}

// The middle between the means of the two classes.
double middle_of(In<Vec<double>> values, In<Vec<double>> signs) {
    const auto is_one = (signs.array() > 0).cast<double>();
    const double ones = is_one.sum();
    return ((values.array() * is_one).sum() / ones +
            (values.array() * (1 - is_one)).sum() / (static_cast<double>(signs.size()) - ones)) /
           2;
}

}  // namespace

std::vector<Scores> score_least_squares(In<Mat<double>> features,
                                        const std::vector<std::vector<std::int32_t>>& labellings,
                                        const std::vector<Index>& training,
                                        const std::vector<Index>& held_out,
                                        const ProbeProtocol& settings) {
    for (const std::vector<std::int32_t>& labels : labellings) {
        check_probe(features, labels.size(), 0, settings);
    }
    const Mat<double> known = select_columns(features, training);
    const Standardisation scaling = standardisation(known, settings.is_standardised);
    const RidgeDecomposition decomposition = decompose(scaling.scale(known));
    const Mat<double> targets = signs_of(labellings, training);
    const Mat<double> unseen = scaling.scale(select_columns(features, held_out));

    // The largest penalty first, so that ties go to it.
    std::vector<double> falling = settings.penalties;
    std::sort(falling.rbegin(), falling.rend());
    Vec<double> least =
        Vec<double>::Constant(targets.rows(), std::numeric_limits<double>::infinity());
    Mat<double> values(targets.rows(), unseen.cols());
    for (const double penalty : falling) {
        const Mat<double> left_out = leave_one_out(decomposition, targets, penalty);
        const Mat<double> predicted = predict(fit_ridge(decomposition, targets, penalty), unseen);
        for (Index k = 0; k < targets.rows(); ++k) {
            const double error = (targets.row(k) - left_out.row(k)).squaredNorm();
            if (!(error < least[k])) continue;
            least[k] = error;
            values.row(k) = predicted.row(k);
            values.row(k).array() -=
                middle_of(left_out.row(k).transpose(), targets.row(k).transpose());
        }
    }

    std::vector<Scores> scores;
    for (std::size_t k = 0; k < labellings.size(); ++k) {
        const std::vector<std::int32_t> labels = select(labellings[k], held_out);
        scores.push_back(score_binary(values.row(static_cast<Index>(k)).transpose(), labels,
                                      label_balance(labels).prevalence));
        scores.back().bits_gained = std::numeric_limits<double>::quiet_NaN();
    }
    return scores;
}

}  // namespace dualtape::analyses
