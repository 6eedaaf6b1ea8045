#include "experiments/pairs/pair_network.h"

#include <numeric>
#include <stdexcept>

#include "engine/core/names.h"

namespace dualtape::pairs {

namespace {

// What the graph calls the input of a network with an embedding, in the plain form.
constexpr const char* kEmbedded = "embedded";

models::MlpSettings plain_if_embedded(models::MlpSettings settings) {
    if (settings.input == models::MlpInput::embedding) settings.form = models::MlpForm::plain;
    return settings;
}

}  // namespace

PairNetwork::PairNetwork(const models::MlpSettings& settings, int threads)
    : settings_(plain_if_embedded(settings)), threads_(threads) {
    if (settings_.modulus < 1) {
        throw std::invalid_argument("pair network: modulus = " + std::to_string(settings_.modulus) +
                                    " must count the tokens of an operand");
    }
    const models::Mlp<double> mlp = models::build_mlp(graph_, settings_);
    parameters_ = mlp.parameters;
    nodes_.emplace_back("input");
    Options options;
    for (Index layer = 0; layer < settings_.depth; ++layer) {
        for (const char* side : {".pre", ".post"}) {
            nodes_.push_back("layers." + std::to_string(layer) + side);
            options.taps.push_back(nodes_.back());
        }
    }
    nodes_.emplace_back("logits");
    if (settings_.input == models::MlpInput::embedding) options.taps.emplace_back(kEmbedded);
    model_ = std::make_unique<Model<double>>(graph_, mlp.loss, options);
}

std::vector<std::string> PairNetwork::hidden_nodes() const {
    std::vector<std::string> names;
    for (const std::string& name : nodes_) {
        if (name.ends_with(".post")) names.push_back(name);
    }
    return names;
}

std::vector<std::int32_t> PairNetwork::all_pairs() const {
    std::vector<std::int32_t> pairs(static_cast<std::size_t>(p() * p()));
    std::iota(pairs.begin(), pairs.end(), 0);
    return pairs;
}

Node PairNetwork::node(const std::string& name) const {
    if (std::find(nodes_.begin(), nodes_.end(), name) == nodes_.end()) {
        const std::string nearest = nearest_name(name, nodes_, 4);
        std::string known;
        for (const std::string& other : nodes_) known += (known.empty() ? "" : ", ") + other;
        throw std::invalid_argument(
            "\"" + name + "\" is no node of this network; " +
            (nearest.empty() ? "there are " + known : "did you mean " + nearest + "?"));
    }
    return model_->node(name == "input" ? kEmbedded : name);
}

PairInputs<double> PairNetwork::inputs(std::span<const std::int32_t> pairs) const {
    std::vector<std::int32_t> a, b;
    for (const std::int32_t pair : pairs) {
        if (pair < 0 || pair >= p() * p()) {
            throw std::invalid_argument("pair network: there is no pair " + std::to_string(pair) +
                                        "; they are a p + b, from 0 to " +
                                        std::to_string(p() * p() - 1));
        }
        a.push_back(pair / static_cast<std::int32_t>(p()));
        b.push_back(pair % static_cast<std::int32_t>(p()));
    }
    // The loss is never asked for: any label will do.
    std::vector<std::int32_t> labels(pairs.size(), 0);
    return make_pair_inputs<double>(settings_, a, b, std::move(labels));
}

Mat<double> PairNetwork::read(In<Vec<double>> theta, const std::string& name,
                              std::span<const std::int32_t> pairs) const {
    const PairInputs<double> data = inputs(pairs);
    if (name == "input" && settings_.input == models::MlpInput::raw) return data.pair;
    if (name == "input" && settings_.input == models::MlpInput::one_hot) {
        Mat<double> one_hots = Mat<double>::Zero(2 * p(), data.size());
        for (Index i = 0; i < data.size(); ++i) {
            one_hots(data.a[static_cast<std::size_t>(i)], i) = 1;
            one_hots(data.b[static_cast<std::size_t>(i)], i) = 1;
        }
        return one_hots;
    }
    const Node wanted = node(name);
    Workspace<double> work(*model_, threads_);
    Batch<double> batch = model_->batch();
    data.bind(batch);
    Mat<double> values(model_->plan().node(wanted).shape.rows, data.size());
    model_->read(work, theta, batch, wanted, values);
    return values;
}

Mat<double> PairNetwork::logits_from(In<Vec<double>> theta, const std::string& name,
                                     In<Mat<double>> values,
                                     std::span<const std::int32_t> pairs) const {
    if (name == "input" && settings_.input != models::MlpInput::embedding) {
        throw std::invalid_argument(
            "pair network: the input of a network without embedding cannot be replaced; choose a "
            "later node");
    }
    const Node from = node(name);
    const Index rows = model_->plan().node(from).shape.rows;
    if (values.rows() != rows || values.cols() != static_cast<Index>(pairs.size())) {
        throw std::invalid_argument("pair network: " + std::to_string(values.rows()) + "x" +
                                    std::to_string(values.cols()) + " values for " + name +
                                    ", which has " + std::to_string(rows) + " rows and " +
                                    std::to_string(pairs.size()) + " pairs");
    }
    if (name == "logits") return values;
    const PairInputs<double> data = inputs(pairs);
    Workspace<double> work(*model_, threads_);
    work.edit({{.node = from, .keep = Mat<double>::Zero(rows, 1), .put = values, .remove = {}}});
    Batch<double> batch = model_->batch();
    data.bind(batch);
    Mat<double> logits(settings_.num_classes, data.size());
    model_->read(work, theta, batch, model_->node("logits"), logits);
    return logits;
}

}  // namespace dualtape::pairs
