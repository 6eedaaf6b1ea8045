#include "experiments/analyses/ablation/node_ablation.h"

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include "engine/dualtape.h"
#include "experiments/study/classification.h"
#include "models/initialise.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

using namespace dualtape::study;

namespace {

constexpr Index kModulus = 7;

// An embedding perceptron on all pairs, with every hidden layer a tap.
struct Network {
    explicit Network(Index depth)
        : settings{.input = models::MlpInput::embedding,
                   .modulus = kModulus,
                   .num_classes = kModulus,
                   .width = 10,
                   .depth = depth,
                   .embedding_width = 4} {
        const models::Mlp<double> mlp = models::build_mlp(graph, settings);
        parameters = mlp.parameters;
        Options options;
        for (Index layer = 0; layer < depth; ++layer) {
            options.taps.push_back("layers." + std::to_string(layer) + ".post");
        }
        model = std::make_unique<Model<double>>(graph, mlp.loss, options);
        work = std::make_unique<Workspace<double>>(*model, 1);
        theta = models::initialise<double>(parameters, {}, 3) * 2;
        for (std::int32_t n = 0; n < kModulus * kModulus; ++n) {
            a.push_back(n / static_cast<std::int32_t>(kModulus));
            b.push_back(n % static_cast<std::int32_t>(kModulus));
            labels.push_back((a.back() + b.back()) % static_cast<std::int32_t>(kModulus));
        }
    }
    Point<double> at() {
        Batch<double> batch = model->batch();
        const auto count = static_cast<Index>(a.size());
        batch.set("a", a.data(), count);
        batch.set("b", b.data(), count);
        batch.set("labels", labels.data(), count);
        return model->at(*work, theta, batch);
    }
    Mat<double> activation(const Point<double>& point, const std::string& name) const {
        const Node node = model->node(name);
        Mat<double> y(model->plan().node(node).shape.rows, point.samples());
        point.activation(node, y);
        return y;
    }

    Mat<double> parameter(const std::string& name) const {
        Index offset = 0;
        for (const models::ParameterInfo& info : parameters) {
            const Index size = info.rows * info.cols;
            if (info.name == name) {
                return theta.segment(offset, size).reshaped(info.rows, info.cols);
            }
            offset += size;
        }
        throw std::invalid_argument("no parameter " + name);
    }

    models::MlpSettings settings;
    Graph<double> graph;
    std::vector<models::ParameterInfo> parameters;
    std::unique_ptr<Model<double>> model;
    std::unique_ptr<Workspace<double>> work;
    Vec<double> theta;
    std::vector<std::int32_t> a, b, labels;
};

}  // namespace

TEST_CASE("a replay of the last hidden layer is the ablation of a linear readout") {
    for (const Index depth : {1, 2}) {
        INFO("depth ", depth);
        Network network(depth);
        const Point<double> point = network.at();
        const std::string name = "layers." + std::to_string(depth - 1) + ".post";
        ReadoutAblation ablation;
        ablation.readout = output_layer<double>(network.parameters, network.theta);
        ablation.hidden = network.activation(point, name);
        ablation.labels = network.labels;
        const Index samples = ablation.samples();
        const Replacement resampled =
            replace_by_resampling(ablation.hidden, samples, {}, {.draws = 1, .seed = 4});
        const std::vector<Index> units{1, 4, 8};
        Mat<double> drawn(3, samples);
        for (Index i = 0; i < 3; ++i) {
            for (Index n = 0; n < samples; ++n) {
                drawn(i, n) = resampled.value(units[dualtape::at(i)], n, 0);
            }
        }
        struct Case {
            Replacement replacement;
            Edit<double> edit;
        };
        for (const Case& c :
             {Case{replace_by_zero(10, samples), zero_rows(*network.model, name, units)},
              Case{replace_by_mean(ablation.hidden, samples),
                   mean_rows<double>(*network.model, name, units, ablation.hidden, samples)},
              Case{resampled, put_rows<double>(*network.model, name, units, drawn)}}) {
            INFO(c.replacement.mode);
            ablation.replacement = c.replacement;
            const NodeAblation<double> replayed = ablate_node(point, {c.edit}, "logits");
            const Mat<double> logits = ablated_logits(ablation, units, 0);
            CHECK((replayed.output - logits).cwiseAbs().maxCoeff() <= 1e-12);
            CHECK(std::abs(replayed.loss - study::classify<double>(logits, network.labels).loss) <=
                  1e-12);
            CHECK(std::abs(replayed.loss - point.value()) > 1e-6);
        }
        // Nothing ablated: the point itself.
        CHECK(ablate_node(point, {zero_rows(*network.model, name, {})}, "logits").loss ==
              point.value());
    }
}

TEST_CASE("an ablation below the last layer is a forward pass with that layer replaced") {
    Network network(2);
    const Point<double> point = network.at();
    const std::vector<Index> units{0, 7};
    const NodeAblation<double> found =
        ablate_node(point, {zero_rows(*network.model, "layers.0.post", units)}, "logits");
    Mat<double> h = network.activation(point, "layers.0.post");
    h.row(0).setZero();
    h.row(7).setZero();
    const Mat<double> W = network.parameter("layers.1.weight");
    const Vec<double> bias = network.parameter("layers.1.bias");
    const Mat<double> hidden = ((W * h).colwise() + bias).cwiseMax(0);
    const Readout readout = output_layer<double>(network.parameters, network.theta);
    const Mat<double> logits = (readout.weight * hidden).colwise() + readout.bias;
    CHECK((found.output - logits).cwiseAbs().maxCoeff() <= 1e-12);
    CHECK(std::abs(found.loss - study::classify<double>(logits, network.labels).loss) <= 1e-12);
}

TEST_CASE_TEMPLATE("means are of each position by itself", Scalar, float, double) {
    // h = W x over two positions a sample, output = u mean of h over positions: so with both units
    // at their means, every sample has the mean output.
    Graph<Scalar> graph;
    const Var<Scalar> w = graph.parameter("w", 2, 3);
    const Var<Scalar> u = graph.parameter("u", 1, 2);
    const Var<Scalar> h = graph.name("h", matmul(w, graph.input("x", 3, 2)));
    const Var<Scalar> y = graph.name("output", matmul(u, mean_positions(h)));
    const Var<Scalar> loss = squared_error(y, graph.input("target", 1));
    Options options;
    options.taps = {"h"};
    const Model<Scalar> model(graph, loss, options);
    const Mat<Scalar> x = testing::uniform_matrix(3, 10, 1).template cast<Scalar>();
    const Mat<Scalar> target = testing::uniform_matrix(1, 5, 2).template cast<Scalar>();
    const Vec<Scalar> theta = testing::uniform_vector(8, 3).template cast<Scalar>();
    Workspace<Scalar> work(model, 1);
    Batch<Scalar> batch = model.batch();
    batch.set("x", {x.data(), 3, 10});
    batch.set("target", {target.data(), 1, 5});
    const Point<Scalar> point = model.at(work, theta, batch);
    Mat<Scalar> activation(2, 10), output(1, 5);
    point.activation(model.node("h"), activation);
    point.activation(model.node("output"), output);

    const std::vector<Index> units{1, 0};
    const Edit<Scalar> edit = mean_rows<Scalar>(model, "h", units, activation, 5);
    const NodeAblation<Scalar> means = ablate_node(point, {edit}, "h");
    const double rounding = std::is_same_v<Scalar, float> ? 1e-6 : 1e-14;
    for (Index unit = 0; unit < 2; ++unit) {
        for (Index column = 0; column < 10; ++column) {
            double mean = 0;
            for (Index n = 0; n < 5; ++n) {
                mean += static_cast<double>(activation(unit, 2 * n + column % 2)) / 5;
            }
            CHECK(std::abs(static_cast<double>(means.output(unit, column)) - mean) <= rounding);
        }
    }
    const Mat<Scalar> ablated = ablate_node(point, {edit}, "output").output;
    for (Index n = 0; n < 5; ++n) {
        CHECK(std::abs(static_cast<double>(ablated(0, n) - output.mean())) <= rounding);
    }
}

TEST_CASE("names and units that do not exist are refused, with the nearest name") {
    Network network(1);
    const Point<double> point = network.at();
    const std::vector<Index> too_far{10}, one{2};
    CHECK_THROWS_WITH_AS(
        zero_rows(*network.model, "layers.0.pots", one),
        "model: no node is named \"layers.0.pots\"; did you mean \"layers.0.post\"?",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        zero_rows(*network.model, "layers.0.post", too_far),
        "node ablation: unit 10 of layers.0.post does not exist; there are 10, from 0",
        std::invalid_argument);
    CHECK_THROWS_AS(put_rows<double>(*network.model, "layers.0.post", one, Mat<double>(2, 1)),
                    std::invalid_argument);
    CHECK_THROWS_AS(mean_rows<double>(*network.model, "layers.0.post", one, Mat<double>(9, 5), 49),
                    std::invalid_argument);
    CHECK_THROWS_AS(ablate_node(point, {}, "logit"), std::invalid_argument);
    // Not a tap.
    CHECK_THROWS_AS(ablate_node(point, {zero_rows(*network.model, "layers.0.pre", one)}, "logits"),
                    std::invalid_argument);
    CHECK_THROWS_AS(output_layer<double>(network.parameters, Vec<double>::Zero(3)),
                    std::invalid_argument);
}

}  // namespace dualtape::analyses
