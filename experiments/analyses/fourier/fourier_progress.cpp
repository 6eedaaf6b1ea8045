#include "experiments/analyses/fourier/fourier_progress.h"

#include "experiments/analyses/fourier/energy_rank.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

constexpr double kEnergy = 0.99;  // of the output map, whose rank is counted

// Gini coefficients of the norms of a table's p waves, and of its frequencies.
struct Sparsity {
    double waves = statistics::kNan, frequencies = statistics::kNan;
};

Sparsity sparsity(const FourierBasis& basis, In<Mat<double>> table) {
    return {statistics::gini(analyses::fourier_row_norms(basis, table)),
            statistics::gini(analyses::frequency_norms(basis, table))};
}

// Share of the logits' energy on cos(2 pi k (s - c) / p) over the keys.
double label_share(const FourierView& view, const Frequencies& keys, const FourierChoice& choice) {
    if (!view.classes_are_numbers()) return statistics::kNan;
    const LabelWaves waves =
        analyses::fit_label_waves(view.basis, view.logit_frequencies, choice.label);
    double share = 0;
    for (const Index k : keys) share += waves.explained(k - 1);
    return share;
}

}  // namespace

FourierProgress measure_progress(const pairs::Snapshot& snapshot, const FourierView& view,
                                 const Frequencies& keys, const FourierChoice& choice) {
    const LabelledPairs pairs{snapshot.pairs->labels, snapshot.pairs->train, snapshot.pairs->test};
    FourierProgress progress;
    progress.full = analyses::full_loss(view.basis, view.logits, pairs);
    progress.restricted = analyses::restricted_loss(view.basis, view.logits, view.logit_frequencies,
                                                    keys, pairs, choice.combination);
    progress.excluded = analyses::excluded_loss(view.basis, view.logits, view.logit_frequencies,
                                                keys, pairs, choice.combination);
    const study::Classification none{statistics::kNan, statistics::kNan};
    progress.ideal = view.classes_are_numbers()
                         ? analyses::ideal_wave_loss(view.basis, view.logit_frequencies, keys,
                                                     pairs, choice.label)
                         : LossByPart{none, none, none};
    progress.sum_of_squares =
        analyses::weight_norms<double>(snapshot.network->parameters(), snapshot.theta)
            .back()
            .sum_of_squares;
    return progress;
}

lab::TableRows progress_rows(const pairs::Snapshot& snapshot, const FourierView& view,
                             const Frequencies& keys, const FourierProgress& progress,
                             const FourierChoice& choice, double fve_threshold) {
    const Sparsity embedding = view.by_embedding ? sparsity(view.basis, view.tokens) : Sparsity{};
    const Sparsity output = view.by_output
                                ? sparsity(view.basis, Mat<double>(view.output_map.transpose()))
                                : Sparsity{};
    const Index live = view.neurons.num_live;
    const Index explained = (view.neurons.best_explained.array() >= fve_threshold).count();
    const auto share = [&](double count) {
        return live == 0 ? statistics::kNan : count / static_cast<double>(live);
    };
    lab::TableRows rows("fourier_progress.tsv", snapshot.columns());
    rows.add({
        {"train_loss", progress.full.train.loss},
        {"test_loss", progress.full.test.loss},
        {"all_loss", progress.full.all.loss},
        {"train_accuracy", progress.full.train.accuracy},
        {"test_accuracy", progress.full.test.accuracy},
        {"restricted_loss", progress.restricted.all.loss},
        {"restricted_train_loss", progress.restricted.train.loss},
        {"restricted_test_loss", progress.restricted.test.loss},
        {"excluded_loss", progress.excluded.all_keys},
        {"ideal_wave_loss", progress.ideal.all.loss},
        {"gini_embedding", embedding.waves},
        {"gini_embedding_frequencies", embedding.frequencies},
        {"gini_output", output.waves},
        {"gini_output_frequencies", output.frequencies},
        {"sum_of_squares", progress.sum_of_squares},
        {"keys", keys.size()},
        {"live_neurons", live},
        {"dead_neurons", view.activations.rows() - live},
        {"explained_share", share(static_cast<double>(explained))},
        {"mean_fve", share(view.neurons.best_explained.sum())},
        {"logit_fve",
         analyses::explained_by(view.basis, view.logit_frequencies, keys, choice.combination)},
        {"label_share", label_share(view, keys, choice)},
        {"output_rank", analyses::energy_rank(view.output_map, kEnergy)},
    });
    return rows;
}

lab::TableRows excluded_rows(const pairs::Snapshot& snapshot, const Frequencies& keys,
                             const FourierProgress& progress) {
    lab::TableRows rows("fourier_excluded.tsv", snapshot.columns());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        rows.add({{"frequency", keys[i]}, {"excluded_loss", progress.excluded.by_key[i]}});
    }
    return rows;
}

}  // namespace dualtape::analyses
