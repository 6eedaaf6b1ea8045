#include "experiments/analyses/fourier/fourier_view.h"

#include <stdexcept>

namespace dualtape::analyses {

namespace {

// A weight of the network by its name, as it stands in theta: column-major.
Mat<double> weight_of(const pairs::Snapshot& snapshot, const std::string& name) {
    Index start = 0;
    for (const models::ParameterInfo& parameter : snapshot.network->parameters()) {
        const Index size = parameter.rows * parameter.cols;
        if (parameter.name == name) {
            return snapshot.theta.segment(start, size).reshaped(parameter.rows, parameter.cols);
        }
        start += size;
    }
    throw std::invalid_argument("fourier: the network has no parameter " + name);
}

Mat<double> tokens_of(const pairs::Snapshot& snapshot) {
    const Index p = snapshot.network->p();
    switch (snapshot.network->settings().input) {
        case models::MlpInput::raw:
            return {};
        case models::MlpInput::embedding:
            return weight_of(snapshot, "embed.weight");
        case models::MlpInput::one_hot:
            break;
    }
    const Mat<double> first = weight_of(snapshot, "layers.0.weight");
    Mat<double> tokens(2 * first.rows(), p);
    tokens << first.leftCols(p), first.rightCols(p);
    return tokens;
}

}  // namespace

const Frequencies& FourierView::keys(KeyRule rule) const {
    if (rule == KeyRule::embedding) return by_embedding.value().frequencies;
    if (rule == KeyRule::output) return by_output.value().frequencies;
    return by_neurons.frequencies;
}

std::optional<FourierView> view_in_frequencies(const pairs::Snapshot& snapshot,
                                               const FourierSettings& settings) {
    if (!snapshot.theta.allFinite()) return std::nullopt;
    const pairs::PairNetwork& network = *snapshot.network;
    const FourierChoice choice = choose(settings, snapshot);
    const std::vector<std::int32_t> pairs = network.all_pairs();
    FourierView view;
    view.logits = network.read(snapshot.theta, "logits", pairs);
    view.activations = network.read(snapshot.theta, choice.node, pairs);
    if (!view.logits.allFinite() || !view.activations.allFinite()) return std::nullopt;
    view.basis = analyses::make_fourier_basis(network.p());
    const std::string last = std::to_string(network.settings().depth);
    view.output_map = weight_of(snapshot, "layers." + last + ".weight");
    view.node_is_last =
        choice.node.starts_with("layers." + std::to_string(network.settings().depth - 1) + ".");
    view.tokens = tokens_of(snapshot);
    view.logit_frequencies = analyses::logit_frequencies(view.basis, view.logits, snapshot.threads);
    view.neurons = analyses::neuron_frequencies(view.basis, view.activations, snapshot.threads);
    view.by_neurons = analyses::key_frequencies(view.basis, view.neurons, settings.fve_threshold);
    if (view.tokens.cols() > 0) {
        view.by_embedding = analyses::key_frequencies(view.basis, KeyRule::embedding, view.tokens);
    }
    if (network.settings().num_classes == network.p()) {
        view.by_output = analyses::key_frequencies(view.basis, KeyRule::output,
                                                   Mat<double>(view.output_map.transpose()));
    }
    return view;
}

NullSettings null_settings(const pairs::Snapshot& snapshot, const FourierSettings& settings) {
    return {.permutations = settings.permutations,
            .level = settings.floor_level,
            .seed = snapshot.seed,
            .threads = snapshot.threads};
}

std::optional<FourierNulls> fourier_nulls(const FourierView& view, const pairs::Snapshot& snapshot,
                                          const FourierSettings& settings) {
    if (settings.permutations == 0) return std::nullopt;
    const NullSettings null = null_settings(snapshot, settings);
    FourierNulls nulls;
    nulls.neurons = analyses::neuron_null(view.basis, view.activations, view.neurons, null);
    if (view.by_embedding) {
        nulls.embedding = analyses::norm_null(view.basis, view.tokens, null);
    }
    if (view.by_output) {
        nulls.output =
            analyses::norm_null(view.basis, Mat<double>(view.output_map.transpose()), null);
    }
    return nulls;
}

}  // namespace dualtape::analyses
