#include "experiments/analyses/fourier/fourier_basis.h"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/kernels/elementary.h"
#include "engine/kernels/gemm.h"

namespace dualtape::analyses {

namespace {

void check_columns(const char* what, Index columns, Index wanted, const char* meaning) {
    if (columns == wanted) return;
    throw std::invalid_argument(std::string(what) + ": " + std::to_string(columns) +
                                " columns; the basis needs " + std::to_string(wanted) + ", " +
                                meaning);
}

// values F' or, to go back, values F.
Mat<double> multiply(In<Mat<double>> values, const FourierBasis& basis, bool is_inverse) {
    Mat<double> result(values.rows(), basis.p);
    if (values.rows() == 0) return result;
    Mat<double> copy;
    if (values.outerStride() != values.rows()) copy = values;
    const double* data = copy.size() > 0 ? copy.data() : values.data();
    kernels::gemm<double>(result.data(), {data, values.rows(), values.cols()},
                          {basis.rows.data(), basis.p, basis.p, !is_inverse}, false);
    return result;
}

Mat<double> multiply_grid(In<Mat<double>> grid, const FourierBasis& basis, bool is_inverse) {
    const Index rows = grid.rows();
    const Index p = basis.p;
    Mat<double> along_b(rows, p * p);
    for (Index a = 0; a < p; ++a) {
        along_b.middleCols(a * p, p) = multiply(grid.middleCols(a * p, p), basis, is_inverse);
    }
    // Blocks of p columns follow each other in memory: as a matrix of R p rows, its columns are a.
    Mat<double> result(rows, p * p);
    if (rows == 0) return result;
    kernels::gemm<double>(result.data(), {along_b.data(), rows * p, p},
                          {basis.rows.data(), p, p, !is_inverse}, false);
    return result;
}

}  // namespace

bool FourierBasis::is_subgroup(Index k) const { return std::gcd(k, p) > 1; }

FourierBasis make_fourier_basis(Index p) {
    if (p < 2) {
        throw std::invalid_argument("fourier basis: p = " + std::to_string(p) +
                                    " has no frequency; a modulus of 2 or more has");
    }
    FourierBasis basis{p, Mat<double>(p, p)};
    const auto size = static_cast<double>(p);
    basis.rows.row(0).setConstant(1 / std::sqrt(size));
    Vec<double> turns(p), sine(p), cosine(p);
    for (Index k = 1; k <= basis.num_frequencies(); ++k) {
        // Whole turns are dropped in integers, so that the angle is exact to rounding.
        for (Index x = 0; x < p; ++x) turns(x) = static_cast<double>(k * x % p) / size;
        kernels::sin_cos_turns(sine.data(), cosine.data(), turns.data(), p);
        const double scale = std::sqrt((basis.is_nyquist(k) ? 1 : 2) / size);
        basis.rows.row(FourierBasis::cosine_row(k)) = scale * cosine.transpose();
        if (!basis.is_nyquist(k)) {
            basis.rows.row(FourierBasis::sine_row(k)) = scale * sine.transpose();
        }
    }
    return basis;
}

std::vector<Index> all_tokens(Index p) {
    std::vector<Index> tokens(static_cast<std::size_t>(p));
    std::iota(tokens.begin(), tokens.end(), Index(0));
    return tokens;
}

Mat<double> fourier_transform(const FourierBasis& basis, In<Mat<double>> values) {
    check_columns("fourier_transform", values.cols(), basis.p, "one a token");
    return multiply(values, basis, false);
}

Mat<double> inverse_fourier_transform(const FourierBasis& basis, In<Mat<double>> coefficients) {
    check_columns("inverse_fourier_transform", coefficients.cols(), basis.p, "one a row of it");
    return multiply(coefficients, basis, true);
}

Mat<double> fourier_transform_grid(const FourierBasis& basis, In<Mat<double>> grid) {
    check_columns("fourier_transform_grid", grid.cols(), basis.p * basis.p, "one a pair");
    return multiply_grid(grid, basis, false);
}

Mat<double> inverse_fourier_transform_grid(const FourierBasis& basis,
                                           In<Mat<double>> coefficients) {
    check_columns("inverse_fourier_transform_grid", coefficients.cols(), basis.p * basis.p,
                  "one a pair of its rows");
    return multiply_grid(coefficients, basis, true);
}

Mat<double> frequency_energy(const FourierBasis& basis, In<Mat<double>> coefficients) {
    check_columns("frequency_energy", coefficients.cols(), basis.p, "one a row of it");
    Mat<double> energy(coefficients.rows(), basis.num_frequencies());
    for (Index k = 1; k <= basis.num_frequencies(); ++k) {
        energy.col(k - 1) = coefficients.col(FourierBasis::cosine_row(k)).cwiseAbs2();
        if (basis.is_nyquist(k)) continue;
        energy.col(k - 1) += coefficients.col(FourierBasis::sine_row(k)).cwiseAbs2();
    }
    return energy;
}

Vec<double> fourier_row_norms(const FourierBasis& basis, In<Mat<double>> table) {
    return fourier_transform(basis, table).colwise().norm().transpose();
}

Vec<double> frequency_norms(const FourierBasis& basis, In<Mat<double>> table) {
    return frequency_energy(basis, fourier_transform(basis, table))
        .colwise()
        .sum()
        .cwiseSqrt()
        .transpose();
}

void check_frequencies(const FourierBasis& basis, std::span<const Index> frequencies,
                       const char* what) {
    std::vector<bool> is_seen(static_cast<std::size_t>(basis.num_frequencies() + 1), false);
    for (const Index k : frequencies) {
        const bool is_inside = k >= 1 && k <= basis.num_frequencies();
        if (is_inside && !is_seen[static_cast<std::size_t>(k)]) {
            is_seen[static_cast<std::size_t>(k)] = true;
            continue;
        }
        throw std::invalid_argument(
            std::string(what) + ": frequency " + std::to_string(k) +
            (is_inside ? " is given twice; name each once"
                       : " is none of 1 .. " + std::to_string(basis.num_frequencies()) +
                             ", those of modulus " + std::to_string(basis.p)));
    }
}

}  // namespace dualtape::analyses
