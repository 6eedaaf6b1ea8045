#include "experiments/analyses/fourier/fourier_logits.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace dualtape::analyses {

LogitFrequencies logit_frequencies(const FourierBasis& basis, In<Mat<double>> logits, int threads) {
    LogitFrequencies result;
    result.spectrum = pair_spectrum(basis, logits, threads);
    result.energy = result.spectrum.energy.sum();
    result.share.setZero(basis.num_frequencies(), 4);
    if (result.energy == 0) return result;
    const PairSpectrum& spectrum = result.spectrum;
    Index column = 0;
    for (const Mat<double>* part :
         {&spectrum.a, &spectrum.b, &spectrum.sum, &spectrum.difference}) {
        result.share.col(column++) =
            frequency_energy(basis, *part).colwise().sum().transpose() / result.energy;
    }
    return result;
}

double explained_by(const FourierBasis& basis, const LogitFrequencies& logits,
                    std::span<const Index> frequencies, Combination combination) {
    check_frequencies(basis, frequencies, "explained_by");
    if (logits.energy == 0) return 0;
    const Mat<double> energy = pair_energy(basis, logits.spectrum, combination);
    double total = 0;
    for (const Index k : frequencies) total += energy.col(k - 1).sum();
    return total / logits.energy;
}

LabelWaves fit_label_waves(const FourierBasis& basis, const LogitFrequencies& logits,
                           Combination combination) {
    const Index p = basis.p;
    if (logits.spectrum.sum.rows() != p) {
        throw std::invalid_argument(
            "fit_label_waves: " + std::to_string(logits.spectrum.sum.rows()) +
            " classes for modulus " + std::to_string(p) +
            "; the waves are defined for one class a residue");
    }
    if (combination == Combination::block) {
        throw std::invalid_argument(
            "fit_label_waves: the block is no label; choose the sum or the difference");
    }
    // cos(w k (s - c)) = cos(w k s) cos(w k c) + sin(w k s) sin(w k c): the coefficients of the
    // logits on the unit waves of s, transformed once more over the classes.
    const bool is_sum = combination == Combination::sum;
    const PairSpectrum& spectrum = logits.spectrum;
    LabelWaves waves{Vec<double>::Zero(basis.num_frequencies()),
                     Vec<double>::Zero(basis.num_frequencies())};
    const auto size = static_cast<double>(p);
    for (Index k = 1; k <= basis.num_frequencies(); ++k) {
        const bool is_nyquist = basis.is_nyquist(k);
        const Mat<double>& coefficients = is_sum || is_nyquist ? spectrum.sum : spectrum.difference;
        const auto match = [&](Index row) {
            return basis.rows.row(row).dot(coefficients.col(row).transpose());
        };
        // The unit waves are cos(w k s) sqrt(2) / p and cos(w k c) sqrt(2 / p), and the squared
        // norm of cos(w k (s - c)) over the triples is p^3 / 2; without the factors 2 at Nyquist.
        double total = match(FourierBasis::cosine_row(k));
        if (!is_nyquist) total += match(FourierBasis::sine_row(k));
        waves.coefficient(k - 1) = total / (size * std::sqrt(size));
        const double norm = size * size * size / (is_nyquist ? 1 : 2);
        if (logits.energy > 0) {
            waves.explained(k - 1) =
                waves.coefficient(k - 1) * waves.coefficient(k - 1) * norm / logits.energy;
        }
    }
    return waves;
}

}  // namespace dualtape::analyses
