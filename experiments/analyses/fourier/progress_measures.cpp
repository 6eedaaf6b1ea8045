#include "experiments/analyses/fourier/progress_measures.h"

#include <cmath>
#include <limits>

#include "experiments/lab/require.h"

namespace dualtape::analyses {

namespace {

void check_labels(const FourierBasis& basis, Index classes, const LabelledPairs& pairs) {
    const Index count = basis.p * basis.p;
    if (static_cast<Index>(pairs.labels.size()) != count) {
        lab::refuse("progress measures", std::to_string(pairs.labels.size()) + " labels for " +
                                             std::to_string(count) +
                                             " pairs; every pair needs one");
    }
    for (const std::int32_t label : pairs.labels) {
        if (label < -1 || label >= classes) {
            lab::refuse("progress measures", "label " + std::to_string(label) + " is none of the " +
                                                 std::to_string(classes) +
                                                 " classes; give labels of the same task");
        }
    }
    for (const std::span<const std::int32_t> part : {pairs.train, pairs.test}) {
        for (const std::int32_t pair : part) {
            if (pair < 0 || pair >= count) {
                lab::refuse("progress measures",
                            "pair " + std::to_string(pair) + " is none of 0 .. " +
                                std::to_string(count - 1) + "; pairs are numbered a p + b");
            }
            if (pairs.labels[static_cast<std::size_t>(pair)] < 0) {
                lab::refuse("progress measures", "pair " + std::to_string(pair) +
                                                     " has no label; list pairs of the task");
            }
        }
    }
}

void check_logits(const FourierBasis& basis, In<Mat<double>> logits,
                  const LogitFrequencies& frequencies) {
    if (logits.cols() == basis.p * basis.p && logits.rows() == frequencies.spectrum.mean.size()) {
        return;
    }
    lab::refuse("progress measures", "logits of " + std::to_string(logits.rows()) + " x " +
                                         std::to_string(logits.cols()) + " with frequencies of " +
                                         std::to_string(frequencies.spectrum.mean.size()) +
                                         " classes at modulus " + std::to_string(basis.p) +
                                         "; measure the same logits");
}

std::vector<std::int32_t> labels_of(const LabelledPairs& pairs,
                                    std::span<const std::int32_t> part) {
    std::vector<std::int32_t> labels;
    for (const std::int32_t pair : part) {
        labels.push_back(pairs.labels[static_cast<std::size_t>(pair)]);
    }
    return labels;
}

Mat<double> columns(In<Mat<double>> grid, std::span<const std::int32_t> part) {
    Mat<double> result(grid.rows(), static_cast<Index>(part.size()));
    for (Index c = 0; c < result.cols(); ++c) {
        result.col(c) = grid.col(part[static_cast<std::size_t>(c)]);
    }
    return result;
}

// The pairs that the task has.
std::vector<std::int32_t> labelled(const LabelledPairs& pairs) {
    std::vector<std::int32_t> found;
    for (std::size_t pair = 0; pair < pairs.labels.size(); ++pair) {
        if (pairs.labels[pair] >= 0) found.push_back(static_cast<std::int32_t>(pair));
    }
    return found;
}

LossByPart judge(In<Mat<double>> grid, const LabelledPairs& pairs) {
    const auto of_part = [&](std::span<const std::int32_t> part) {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        if (part.empty()) return study::Classification{nan, nan};
        return study::classify<double>(columns(grid, part), labels_of(pairs, part));
    };
    return {of_part(labelled(pairs)), of_part(pairs.train), of_part(pairs.test)};
}

}  // namespace

LossByPart full_loss(const FourierBasis& basis, In<Mat<double>> logits,
                     const LabelledPairs& pairs) {
    if (logits.cols() != basis.p * basis.p) {
        lab::refuse("progress measures", "logits of " + std::to_string(logits.cols()) +
                                             " pairs at modulus " + std::to_string(basis.p) +
                                             "; give those of all pairs");
    }
    check_labels(basis, logits.rows(), pairs);
    return judge(logits, pairs);
}

LossByPart restricted_loss(const FourierBasis& basis, In<Mat<double>> logits,
                           const LogitFrequencies& frequencies, std::span<const Index> keys,
                           const LabelledPairs& pairs, Combination combination) {
    check_logits(basis, logits, frequencies);
    check_labels(basis, logits.rows(), pairs);
    Mat<double> kept = on_grid(project(basis, frequencies.spectrum, keys, combination));
    kept.colwise() += frequencies.spectrum.mean;
    return judge(kept, pairs);
}

ExcludedLoss excluded_loss(const FourierBasis& basis, In<Mat<double>> logits,
                           const LogitFrequencies& frequencies, std::span<const Index> keys,
                           const LabelledPairs& pairs, Combination combination) {
    check_logits(basis, logits, frequencies);
    check_labels(basis, logits.rows(), pairs);
    check_frequencies(basis, keys, "excluded_loss");
    if (pairs.train.empty()) {
        lab::refuse("progress measures",
                    "excluded loss is a train loss and the train part is empty; give its pairs");
    }
    Mat<double> train(logits.rows(), static_cast<Index>(pairs.train.size()));
    for (Index c = 0; c < train.cols(); ++c) {
        train.col(c) = logits.col(pairs.train[static_cast<std::size_t>(c)]);
    }
    const std::vector<std::int32_t> labels = labels_of(pairs, pairs.train);
    const auto loss_without = [&](std::span<const Index> excluded) {
        Mat<double> rest = train;
        add_at_pairs(rest, -1, project(basis, frequencies.spectrum, excluded, combination),
                     pairs.train);
        return study::classify<double>(rest, labels).loss;
    };
    ExcludedLoss loss;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        loss.by_key.push_back(loss_without(keys.subspan(i, 1)));
    }
    loss.all_keys = loss_without(keys);
    return loss;
}

LossByPart ideal_wave_loss(const FourierBasis& basis, const LogitFrequencies& frequencies,
                           std::span<const Index> keys, const LabelledPairs& pairs,
                           Combination combination) {
    const Index p = basis.p;
    const LabelWaves waves = fit_label_waves(basis, frequencies, combination);
    check_labels(basis, p, pairs);
    check_frequencies(basis, keys, "ideal_wave_loss");
    // The sum of the waves at s - c = 0 .. p-1: cosine rows hold cos times their norm.
    Vec<double> by_offset = Vec<double>::Zero(p);
    for (const Index k : keys) {
        const auto row = basis.rows.row(FourierBasis::cosine_row(k));
        by_offset += waves.coefficient(k - 1) / row(0) * row.transpose();
    }
    LineFunctions ideal;
    ideal.p = p;
    Mat<double>& table = combination == Combination::sum ? ideal.sum : ideal.difference;
    table.resize(p, p);
    for (Index s = 0; s < p; ++s) {
        for (Index c = 0; c < p; ++c) table(c, s) = by_offset((s - c + p) % p);
    }
    return judge(on_grid(ideal), pairs);
}

template <class Scalar>
std::vector<TensorNorm> weight_norms(const std::vector<models::ParameterInfo>& parameters,
                                     In<Vec<Scalar>> theta) {
    std::vector<TensorNorm> norms;
    TensorNorm total{"total"};
    const auto finish = [](TensorNorm& norm) {
        norm.mean_square = norm.sum_of_squares / static_cast<double>(norm.count);
        norm.norm = std::sqrt(norm.sum_of_squares);
    };
    for (const models::ParameterInfo& parameter : parameters) {
        TensorNorm norm{parameter.name, parameter.rows * parameter.cols};
        if (total.count + norm.count > theta.size()) break;
        for (Index i = 0; i < norm.count; ++i) {
            const auto w = static_cast<double>(theta(total.count + i));
            norm.sum_of_squares += w * w;
        }
        total.count += norm.count;
        total.sum_of_squares += norm.sum_of_squares;
        finish(norm);
        norms.push_back(std::move(norm));
    }
    if (norms.size() != parameters.size() || total.count != theta.size()) {
        lab::refuse("progress measures", "theta has " + std::to_string(theta.size()) +
                                             " entries, the first " + std::to_string(norms.size()) +
                                             " of " + std::to_string(parameters.size()) +
                                             " parameters fill " + std::to_string(total.count) +
                                             "; give theta of this model");
    }
    finish(total);
    norms.push_back(std::move(total));
    return norms;
}

template std::vector<TensorNorm> weight_norms<float>(const std::vector<models::ParameterInfo>&,
                                                     In<Vec<float>>);
template std::vector<TensorNorm> weight_norms<double>(const std::vector<models::ParameterInfo>&,
                                                      In<Vec<double>>);

}  // namespace dualtape::analyses
