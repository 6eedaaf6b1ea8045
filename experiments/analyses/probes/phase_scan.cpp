#include "experiments/analyses/probes/phase_scan.h"

#include <algorithm>

#include <Eigen/Eigenvalues>

#include "experiments/analyses/probes/components.h"
#include "experiments/analyses/probes/ridge_probe.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

// Rows of the targets that share a frequency: cosine and sine, or the cosine of p / 2 alone.
struct Rows {
    Index first = 0, count = 0;
};
std::vector<Rows> rows_by_frequency(const std::vector<Index>& frequency) {
    std::vector<Rows> all;
    for (Index row = 0; row < std::ssize(frequency); ++row) {
        const bool is_next = row > 0 && frequency[static_cast<std::size_t>(row)] ==
                                            frequency[static_cast<std::size_t>(row - 1)];
        if (is_next) {
            ++all.back().count;
        } else {
            all.push_back({row, 1});
        }
    }
    return all;
}

// Ridge is linear in the targets, so that the wave u_1 cos + u_2 sin of a frequency is left out
// with the errors u'E. Of the errors E and centred targets Y of its rows,
//   R^2 of the pair 1 - tr(E E') / tr(Y Y'), of the best wave 1 - min_u u'E E'u / u'Y Y'u
void raise_to(const Mat<double>& errors, const Mat<double>& targets, double others, double& pair,
              double& wave) {
    const Mat<double> missed = errors * errors.transpose(), all = targets * targets.transpose();
    const auto better = [&](double before, double share) {
        const double r2 = 1 - share / others;
        return std::isnan(before) || r2 > before ? r2 : before;
    };
    pair = better(pair, missed.trace() / all.trace());
    const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> shares(missed, all,
                                                                           Eigen::EigenvaluesOnly);
    if (shares.info() == Eigen::Success) wave = better(wave, shares.eigenvalues()[0]);
}

PhaseScan scan(const RidgeDecomposition& decomposition, const FourierTargets& phases,
               const std::vector<double>& penalties) {
    const Mat<double>& targets = phases.targets;
    const Mat<double> centred = targets.colwise() - Vec<double>(targets.rowwise().mean());
    // A probe that knows nothing is compared with the mean of the other samples, as in scan_ridge.
    const auto n = static_cast<double>(targets.cols());
    const double others = n * n / ((n - 1) * (n - 1));
    const std::vector<Rows> frequencies = rows_by_frequency(phases.frequency);
    PhaseScan found{std::vector<double>(frequencies.size(), statistics::kNan),
                    std::vector<double>(frequencies.size(), statistics::kNan)};
    for (const double penalty : penalties) {
        const Mat<double> errors =
            targets - analyses::leave_one_out(decomposition, targets, penalty);
        for (std::size_t k = 0; k < frequencies.size(); ++k) {
            const auto [first, count] = frequencies[k];
            raise_to(errors.middleRows(first, count), centred.middleRows(first, count), others,
                     found.r2[k], found.wave_r2[k]);
        }
    }
    return found;
}

}  // namespace

std::vector<PhaseScan> scan_phases(In<Mat<double>> features, const ProbedPairs& pairs,
                                   const ProbeSettings& settings) {
    const auto frequencies = static_cast<std::size_t>(pairs.operands.p / 2);
    const auto all = [&](double r2, const std::string& note) {
        const std::vector<double> same(frequencies, r2);
        return std::vector<PhaseScan>(settings.fourier_operands.size(), {same, same, note});
    };
    if (!features.allFinite()) return all(statistics::kNan, "not probed: a value is not finite");
    const Mat<double> scaled =
        analyses::standardisation(features, settings.is_standardised).scale(features);
    if (scaled.isZero(0)) return all(0, "the node is constant");
    const RidgeDecomposition decomposition = analyses::decompose(scaled);
    std::vector<PhaseScan> scans;
    for (const std::string& operand : settings.fourier_operands) {
        scans.push_back(scan(decomposition, analyses::fourier_targets(operand, pairs.operands),
                             settings.penalties));
    }
    return scans;
}

}  // namespace dualtape::analyses
