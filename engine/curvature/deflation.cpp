#include "engine/curvature/deflation.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/core/parallel.h"

namespace dualtape::curvature {

template <class Scalar>
Deflation<Scalar> converged_pairs(const Eigenpairs<Scalar>& pairs) {
    Deflation<Scalar> result;
    const Index most = static_cast<Index>(pairs.largest.size() + pairs.smallest.size());
    result.values.resize(most);
    result.vectors.resize(pairs.largest_vectors.rows(), most);
    Index count = 0;
    const auto take = [&](const std::vector<EigenPair>& found, const Mat<Scalar>& vectors) {
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (!found[i].is_converged) continue;
            result.values[count] = found[i].value;
            result.vectors.col(count++) = vectors.col(static_cast<Index>(i));
        }
    };
    take(pairs.largest, pairs.largest_vectors);
    take(pairs.smallest, pairs.smallest_vectors);
    result.values.conservativeResize(count);
    result.vectors.conservativeResize(Eigen::NoChange, count);
    return result;
}

template <class Scalar>
DeflatedOperator<Scalar>::DeflatedOperator(const Operator<Scalar>& matrix,
                                           const Deflation<Scalar>& deflation, int threads)
    : matrix_(matrix),
      vectors_(matrix.rows(), deflation.vectors.cols(), threads),
      threads_(threads) {
    const Index p = matrix.rows(), count = deflation.values.size();
    if (deflation.vectors.cols() != count || count >= p ||
        (count > 0 && deflation.vectors.rows() != p)) {
        throw std::invalid_argument("deflation: " + std::to_string(count) + " values with " +
                                    std::to_string(deflation.vectors.rows()) + "x" +
                                    std::to_string(deflation.vectors.cols()) +
                                    " vectors for a matrix of " + std::to_string(p) + " rows");
    }
    std::uint64_t draw = 0;
    const Mat<double> r = vectors_.append(deflation.vectors, count, 0, 0, draw);
    const double error =
        count > 0 ? (r - Mat<double>::Identity(count, count)).cwiseAbs().maxCoeff() : 0.0;
    if (!(error <= std::sqrt(static_cast<double>(std::numeric_limits<Scalar>::epsilon())))) {
        throw std::invalid_argument("deflation: the vectors are orthonormal to " +
                                    std::to_string(error) + " only");
    }
}

template <class Scalar>
void DeflatedOperator<Scalar>::project(Out<Mat<Scalar>> v) const {
    if (vectors_.size() == 0) return;
    parallel_for(threads_, v.cols(),
                 [&](Index c, int) { vectors_.project_out(v.middleCols(c, 1)); });
}

template <class Scalar>
void DeflatedOperator<Scalar>::multiply(In<Mat<Scalar>> v, Out<Mat<Scalar>> av) const {
    if (vectors_.size() == 0) return matrix_.apply(v, av);
    Mat<Scalar> projected = v;
    project(projected);
    matrix_.apply(projected, av);
    project(av);
}

template <class Scalar>
Vec<double> DeflatedOperator<Scalar>::quadratic_form(In<Mat<Scalar>> v) const {
    if (vectors_.size() == 0) return matrix_.quadratic(v);
    Mat<Scalar> projected = v;
    project(projected);
    return matrix_.quadratic(projected);
}

template Deflation<float> converged_pairs(const Eigenpairs<float>&);
template Deflation<double> converged_pairs(const Eigenpairs<double>&);
template class DeflatedOperator<float>;
template class DeflatedOperator<double>;

}  // namespace dualtape::curvature
