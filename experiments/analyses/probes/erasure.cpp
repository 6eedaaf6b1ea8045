#include "experiments/analyses/probes/erasure.h"

#include <stdexcept>
#include <string>

#include <Eigen/QR>

#include "engine/kernels/random.h"

namespace dualtape::analyses {

Mat<double> erase_directions(In<Mat<double>> features, In<Mat<double>> directions) {
    if (directions.rows() != features.rows()) {
        throw std::invalid_argument("erasure: directions of " + std::to_string(directions.rows()) +
                                    " for " + std::to_string(features.rows()) + " features");
    }
    if (!directions.allFinite() || directions.size() == 0 || directions.isZero(0)) {
        throw std::invalid_argument(
            "erasure: no direction, or one that is not finite; a probe that found nothing has "
            "weight zero");
    }
    Mat<double> unit = directions;
    for (auto column : unit.colwise()) {
        if (column.norm() > 0) column.normalize();
    }
    const Eigen::ColPivHouseholderQR<Mat<double>> qr(unit);
    const Mat<double> basis =
        qr.householderQ() * Mat<double>::Identity(directions.rows(), qr.rank());
    const Vec<double> mean = features.rowwise().mean();
    const Mat<double> along = basis.transpose() * (features.colwise() - mean);
    return features - basis * along;
}

Mat<double> random_directions(Index features, Index count, std::uint64_t seed) {
    Mat<double> directions(features, count);
    for (Index i = 0; i < count; ++i) {
        kernels::Stream stream(seed, "random directions", static_cast<std::uint64_t>(i));
        stream.fill_normal(directions.col(i).data(), features);
        directions.col(i).normalize();
    }
    return directions;
}

double removed_variance(In<Mat<double>> features, In<Mat<double>> erased) {
    const Vec<double> mean = features.rowwise().mean(), mean_erased = erased.rowwise().mean();
    const double before = (features.colwise() - mean).squaredNorm();
    const double after = (erased.colwise() - mean_erased).squaredNorm();
    return before > 0 ? 1 - after / before : 0;
}

}  // namespace dualtape::analyses
