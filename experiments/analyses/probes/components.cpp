#include "experiments/analyses/probes/components.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/curvature/dense_spectrum.h"

namespace dualtape::analyses {

namespace {

// A constant's deviation from its computed mean is rounding: below this share of its size.
constexpr double kNoSpread = 1e-12;

}  // namespace

Mat<double> select_columns(In<Mat<double>> matrix, const std::vector<Index>& columns) {
    Mat<double> selected(matrix.rows(), static_cast<Index>(columns.size()));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        selected.col(static_cast<Index>(i)) = matrix.col(columns[i]);
    }
    return selected;
}

Mat<double> Standardisation::scale(In<Mat<double>> features) const {
    if (features.rows() != mean.size()) {
        throw std::invalid_argument("components: " + std::to_string(features.rows()) +
                                    " features for components of " + std::to_string(mean.size()));
    }
    return inverse_deviation.asDiagonal() * (features.colwise() - mean);
}

Standardisation standardisation(In<Mat<double>> features, bool is_standardised) {
    if (features.cols() == 0 || !features.allFinite()) {
        throw std::invalid_argument(
            "components: no samples, or a feature that is not finite; leave that one out");
    }
    const auto n = static_cast<double>(features.cols());
    Standardisation result;
    result.mean = features.rowwise().mean();
    result.inverse_deviation = Vec<double>::Ones(features.rows());
    if (!is_standardised) return result;
    const Mat<double> centred = features.colwise() - result.mean;
    for (Index f = 0; f < features.rows(); ++f) {
        const double deviation = std::sqrt(centred.row(f).squaredNorm() / n);
        const double size = features.row(f).cwiseAbs().maxCoeff();
        result.inverse_deviation[f] = deviation > kNoSpread * size ? 1 / deviation : 0;
    }
    return result;
}

Mat<double> Components::apply(In<Mat<double>> features) const {
    return directions.transpose() * scale(features);
}

Vec<double> Components::raw_weights(In<Vec<double>> v) const {
    return inverse_deviation.cwiseProduct(directions * v);
}

Components principal_components(In<Mat<double>> features, bool is_standardised) {
    Components result{standardisation(features, is_standardised), {}};
    const Mat<double> scaled = result.scale(features);
    Mat<double> gram = Mat<double>::Zero(features.rows(), features.rows());
    gram.selfadjointView<Eigen::Lower>().rankUpdate(scaled);
    const curvature::DenseSpectrum eigen = curvature::dense_spectrum(gram);
    const Vec<double>& values = eigen.values;  // ascending
    const Index f = values.size();
    const double largest = f > 0 ? values[f - 1] : 0;
    Index kept = 0;
    while (kept < f && values[f - 1 - kept] > kComponentCut * largest) ++kept;
    result.directions = eigen.vectors.rightCols(kept);
    return result;
}

}  // namespace dualtape::analyses
