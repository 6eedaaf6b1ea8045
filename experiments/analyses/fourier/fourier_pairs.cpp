#include "experiments/analyses/fourier/fourier_pairs.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/core/parallel.h"

namespace dualtape::analyses {

namespace {

// Functions of one task: the sums over four families of lines of 64 functions stay in the cache.
constexpr Index kRows = 64;

Index modulo(Index x, Index p) { return x >= p ? x - p : (x < 0 ? x + p : x); }

struct Block {
    Index first, size;
};

Block block_of(Index task, Index rows) {
    return {task * kRows, std::min(kRows, rows - task * kRows)};
}

Index num_blocks(Index rows) { return (rows + kRows - 1) / kRows; }

void resize(PairSpectrum& spectrum, Index rows, Index p) {
    for (Mat<double>* m : {&spectrum.a, &spectrum.b, &spectrum.sum, &spectrum.difference}) {
        m->resize(rows, p);
    }
}

// Coefficients of the rows of a block, whose means are known.
void transform_block(PairSpectrum& spectrum, const FourierBasis& basis, In<Mat<double>> grid,
                     std::span<const Index> tokens, Block block) {
    const Index p = basis.p;
    const Index first = block.first;
    const Index size = block.size;
    Mat<double> a_sums = Mat<double>::Zero(size, p);
    Mat<double> b_sums = a_sums, sums = a_sums, differences = a_sums;
    for (Index a = 0; a < p; ++a) {
        for (Index b = 0; b < p; ++b) {
            const Index column =
                tokens[static_cast<std::size_t>(a)] * p + tokens[static_cast<std::size_t>(b)];
            const auto values = grid.col(column).segment(first, size);
            a_sums.col(a) += values;
            b_sums.col(b) += values;
            sums.col(modulo(a + b, p)) += values;
            differences.col(modulo(a - b, p)) += values;
        }
    }
    const double scale = 1 / std::sqrt(static_cast<double>(p));
    const auto transform = [&](Mat<double>& result, Mat<double>& line_sums) {
        // Without the mean, so that a large one leaves no rounding in the waves.
        line_sums.colwise() -= static_cast<double>(p) * spectrum.mean.segment(first, size);
        result.middleRows(first, size) = scale * fourier_transform(basis, line_sums);
        result.col(0).segment(first, size).setZero();
    };
    transform(spectrum.a, a_sums);
    transform(spectrum.b, b_sums);
    transform(spectrum.sum, sums);
    transform(spectrum.difference, differences);
    if (p % 2 == 0) spectrum.difference.col(p - 1).segment(first, size).setZero();
}

// The rows of the basis that belong to a frequency.
std::vector<Index> rows_of(const FourierBasis& basis, Index k) {
    if (basis.is_nyquist(k)) return {FourierBasis::cosine_row(k)};
    return {FourierBasis::cosine_row(k), FourierBasis::sine_row(k)};
}

// Sum over the rows of the frequencies of coefficient times wave, R x p.
Mat<double> waves(const FourierBasis& basis, const Mat<double>& coefficients,
                  std::span<const Index> frequencies) {
    Mat<double> kept = Mat<double>::Zero(coefficients.rows(), basis.p);
    for (const Index k : frequencies) {
        for (const Index row : rows_of(basis, k)) kept.col(row) = coefficients.col(row);
    }
    return inverse_fourier_transform(basis, kept) / std::sqrt(static_cast<double>(basis.p));
}

}  // namespace

PairSpectrum pair_spectrum(const FourierBasis& basis, In<Mat<double>> grid, int threads) {
    const Index p = basis.p;
    if (grid.cols() != p * p) {
        throw std::invalid_argument("pair_spectrum: " + std::to_string(grid.cols()) +
                                    " columns; modulus " + std::to_string(p) + " has " +
                                    std::to_string(p * p) + " pairs, one a column");
    }
    PairSpectrum spectrum;
    resize(spectrum, grid.rows(), p);
    spectrum.mean.setZero(grid.rows());
    spectrum.energy.setZero(grid.rows());
    const std::vector<Index> tokens = all_tokens(p);
    parallel_for(threads, num_blocks(grid.rows()), [&](Index task, int) {
        const Block block = block_of(task, grid.rows());
        const auto values = grid.middleRows(block.first, block.size);
        auto mean = spectrum.mean.segment(block.first, block.size);
        auto energy = spectrum.energy.segment(block.first, block.size);
        for (Index c = 0; c < p * p; ++c) mean += values.col(c);
        mean /= static_cast<double>(p * p);
        for (Index c = 0; c < p * p; ++c) energy += (values.col(c) - mean).cwiseAbs2();
        transform_block(spectrum, basis, grid, tokens, block);
    });
    return spectrum;
}

PairSpectrum relabelled_pair_spectrum(const FourierBasis& basis, In<Mat<double>> grid,
                                      const PairSpectrum& original, std::span<const Index> tokens) {
    if (grid.cols() != basis.p * basis.p || grid.rows() != original.mean.size() ||
        static_cast<Index>(tokens.size()) != basis.p) {
        throw std::invalid_argument(
            "relabelled_pair_spectrum: the grid, its spectrum and the names of the tokens belong "
            "to "
            "different sizes; give the same basis and grid as to pair_spectrum");
    }
    PairSpectrum spectrum;
    resize(spectrum, grid.rows(), basis.p);
    spectrum.mean = original.mean;
    spectrum.energy = original.energy;
    for (Index task = 0; task < num_blocks(grid.rows()); ++task) {
        transform_block(spectrum, basis, grid, tokens, block_of(task, grid.rows()));
    }
    return spectrum;
}

Mat<double> pair_energy(const FourierBasis& basis, const PairSpectrum& spectrum,
                        Combination combination) {
    const Mat<double> sum = frequency_energy(basis, spectrum.sum);
    if (combination == Combination::sum) return sum;
    Mat<double> energy = frequency_energy(basis, spectrum.difference);
    if (combination == Combination::difference) {
        if (basis.p % 2 == 0) energy.rightCols(1) = sum.rightCols(1);
        return energy;
    }
    return energy + sum + frequency_energy(basis, spectrum.a) + frequency_energy(basis, spectrum.b);
}

Mat<double> pair_directions(const FourierBasis& basis, Index k, Combination combination) {
    check_frequencies(basis, std::span(&k, 1), "pair_directions");
    const Index p = basis.p;
    const bool is_block = combination == Combination::block;
    const bool has_sum = combination != Combination::difference || basis.is_nyquist(k);
    const bool has_difference = combination != Combination::sum && !basis.is_nyquist(k);
    const std::vector<Index> rows = rows_of(basis, k);
    const auto count = static_cast<Index>(rows.size());
    Mat<double> directions(
        p * p, count * ((is_block ? 2 : 0) + (has_sum ? 1 : 0) + (has_difference ? 1 : 0)));
    for (Index a = 0; a < p; ++a) {
        for (Index b = 0; b < p; ++b) {
            Index column = 0;
            const auto put = [&](Index number) {
                for (const Index row : rows) {
                    directions(a * p + b, column++) =
                        basis.rows(row, number) / std::sqrt(static_cast<double>(p));
                }
            };
            if (is_block) put(a);
            if (is_block) put(b);
            if (has_sum) put(modulo(a + b, p));
            if (has_difference) put(modulo(a - b, p));
        }
    }
    return directions;
}

LineFunctions project(const FourierBasis& basis, const PairSpectrum& spectrum,
                      std::span<const Index> frequencies, Combination combination) {
    check_frequencies(basis, frequencies, "project");
    LineFunctions functions;
    functions.p = basis.p;
    if (combination == Combination::sum) {
        functions.sum = waves(basis, spectrum.sum, frequencies);
    } else if (combination == Combination::difference) {
        Mat<double> coefficients = spectrum.difference;
        if (basis.p % 2 == 0) coefficients.rightCols(1) = spectrum.sum.rightCols(1);
        functions.difference = waves(basis, coefficients, frequencies);
    } else {
        functions.a = waves(basis, spectrum.a, frequencies);
        functions.b = waves(basis, spectrum.b, frequencies);
        functions.sum = waves(basis, spectrum.sum, frequencies);
        functions.difference = waves(basis, spectrum.difference, frequencies);
    }
    return functions;
}

void add_at_pairs(Mat<double>& values, double factor, const LineFunctions& functions,
                  std::span<const std::int32_t> pairs) {
    const Index p = functions.p;
    for (Index c = 0; c < static_cast<Index>(pairs.size()); ++c) {
        const Index pair = pairs[static_cast<std::size_t>(c)];
        const Index a = pair / p;
        const Index b = pair % p;
        auto column = values.col(c);
        if (functions.a.cols() > 0) column += factor * functions.a.col(a);
        if (functions.b.cols() > 0) column += factor * functions.b.col(b);
        if (functions.sum.cols() > 0) column += factor * functions.sum.col(modulo(a + b, p));
        if (functions.difference.cols() > 0) {
            column += factor * functions.difference.col(modulo(a - b, p));
        }
    }
}

Mat<double> on_grid(const LineFunctions& functions) {
    const Index p = functions.p;
    Index rows = 0;
    for (const Mat<double>* m :
         {&functions.a, &functions.b, &functions.sum, &functions.difference}) {
        rows = std::max(rows, m->rows());
    }
    Mat<double> grid = Mat<double>::Zero(rows, p * p);
    std::vector<std::int32_t> pairs(static_cast<std::size_t>(p * p));
    std::iota(pairs.begin(), pairs.end(), 0);
    add_at_pairs(grid, 1, functions, pairs);
    return grid;
}

}  // namespace dualtape::analyses
