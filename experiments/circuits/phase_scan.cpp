#include "experiments/circuits/phase_scan.h"

#include <algorithm>
#include <limits>

#include "experiments/analysis/probes/components.h"
#include "experiments/analysis/probes/ridge_probe.h"

namespace dualtape::circuits {

namespace {

// Row by row R^2 left out becomes one for the rows of each frequency, weighed by their variance.
std::vector<double> joint_r2(const analysis::RidgeScan& scan,
                             const analysis::FourierTargets& phases) {
    const Mat<double> centred =
        phases.targets.colwise() - Vec<double>(phases.targets.rowwise().mean());
    const Vec<double> spread = centred.rowwise().squaredNorm();
    std::vector<double> r2;
    for (Index row = 0; row < spread.size();) {
        const Index frequency = phases.frequency[static_cast<std::size_t>(row)];
        Index rows = 1;
        while (row + rows < spread.size() &&
               phases.frequency[static_cast<std::size_t>(row + rows)] == frequency) {
            ++rows;
        }
        const Vec<double> explained =
            scan.left_out.middleRows(row, rows).transpose() * spread.segment(row, rows);
        r2.push_back(explained.maxCoeff() / spread.segment(row, rows).sum());
        row += rows;
    }
    return r2;
}

}  // namespace

std::vector<PhaseScan> scan_phases(In<Mat<double>> features, const ProbedPairs& pairs,
                                   const ProbeSettings& settings) {
    const auto frequencies = static_cast<std::size_t>(pairs.operands.p / 2);
    const auto all = [&](double r2, const std::string& note) {
        return std::vector<PhaseScan>(settings.fourier_operands.size(),
                                      {std::vector<double>(frequencies, r2), note});
    };
    if (!features.allFinite()) {
        return all(std::numeric_limits<double>::quiet_NaN(), "not probed: a value is not finite");
    }
    const Mat<double> scaled =
        analysis::standardisation(features, settings.is_standardised).scale(features);
    if (scaled.isZero(0)) return all(0, "the node is constant");
    const analysis::RidgeDecomposition decomposition = analysis::decompose(scaled);
    std::vector<PhaseScan> scans;
    for (const std::string& operand : settings.fourier_operands) {
        const analysis::FourierTargets phases = analysis::fourier_targets(operand, pairs.operands);
        const analysis::RidgeScan scan =
            analysis::scan_ridge(decomposition, phases.targets, settings.penalties, 1);
        scans.push_back({joint_r2(scan, phases)});
    }
    return scans;
}

}  // namespace dualtape::circuits
