// Networks on pairs, read and edited at every layer, against their formula written out.
#include "experiments/pairs/pair_network.h"

#include <stdexcept>

#include <doctest/doctest.h>

#include "experiments/analyses/ablation/node_ablation.h"
#include "experiments/pairs/pair_classifier.h"
#include "models/initialise.h"

namespace dualtape::pairs {

using namespace dualtape::study;

using namespace dualtape::analyses;
namespace {

constexpr Index kP = 7;

models::MlpSettings settings_of(models::MlpInput input, Index depth) {
    models::MlpSettings settings;
    settings.input = input;
    settings.modulus = settings.num_classes = kP;
    settings.width = 5;
    settings.depth = depth;
    settings.embedding_width = 3;
    return settings;
}

struct Parameters {
    Mat<double> table;
    std::vector<Mat<double>> weights;
    std::vector<Vec<double>> biases;
};
Parameters split(const PairNetwork& network, const Vec<double>& theta) {
    Parameters found;
    Index offset = 0;
    for (const models::ParameterInfo& parameter : network.parameters()) {
        const Eigen::Map<const Mat<double>> values(theta.data() + offset, parameter.rows,
                                                   parameter.cols);
        offset += values.size();
        if (parameter.is_table) {
            found.table = values;
        } else if (parameter.is_vector) {
            found.biases.emplace_back(values.col(0));
        } else {
            found.weights.emplace_back(values);
        }
    }
    return found;
}

// What the first layer sees of pair a p + b.
Vec<double> input_of(models::MlpInput input, const Parameters& parameters, Index pair) {
    const Index a = pair / kP, b = pair % kP;
    if (input == models::MlpInput::raw)
        return Vec<double>{{static_cast<double>(a), static_cast<double>(b)}};
    if (input == models::MlpInput::one_hot) {
        Vec<double> x = Vec<double>::Zero(2 * kP);
        x(a) = x(kP + b) = 1;
        return x;
    }
    Vec<double> x(2 * parameters.table.rows());
    x << parameters.table.col(a), parameters.table.col(b);
    return x;
}

TEST_CASE("every node of every kind of network is the formula's value") {
    for (const auto input :
         {models::MlpInput::raw, models::MlpInput::one_hot, models::MlpInput::embedding}) {
        for (const Index depth : {1, 2, 3}) {
            CAPTURE(static_cast<int>(input));
            CAPTURE(depth);
            const PairNetwork network(settings_of(input, depth), 1);
            const Vec<double> theta = models::initialise<double>(network.parameters(), {}, 3);
            const Parameters parameters = split(network, theta);
            const std::vector<std::int32_t> pairs{0, 48, 13, 13, 6};
            REQUIRE(network.nodes().size() == static_cast<std::size_t>(2 * depth + 2));
            CHECK(network.hidden_nodes().size() == static_cast<std::size_t>(depth));
            for (std::size_t i = 0; i < pairs.size(); ++i) {
                Vec<double> x = input_of(input, parameters, pairs[i]);
                const auto check = [&](const std::string& node) {
                    CAPTURE(node);
                    const Mat<double> read = network.read(theta, node, pairs);
                    REQUIRE(read.rows() == x.size());
                    REQUIRE(read.cols() == 5);
                    CHECK((read.col(static_cast<Index>(i)) - x).norm() <= 1e-13 * (1 + x.norm()));
                };
                check("input");
                for (Index layer = 0; layer <= depth; ++layer) {
                    const auto l = static_cast<std::size_t>(layer);
                    x = parameters.weights[l] * x + parameters.biases[l];
                    const std::string name = "layers." + std::to_string(layer);
                    check(layer == depth ? "logits" : name + ".pre");
                    if (layer == depth) continue;
                    x = x.cwiseMax(0.0).eval();
                    check(name + ".post");
                }
            }
        }
    }
}

TEST_CASE("a node's own values give the logits, others those of the layers behind it") {
    const PairNetwork network(settings_of(models::MlpInput::embedding, 2), 1);
    const Vec<double> theta = models::initialise<double>(network.parameters(), {}, 5);
    const Parameters parameters = split(network, theta);
    const std::vector<std::int32_t> pairs = network.all_pairs();
    const Mat<double> logits = network.read(theta, "logits", pairs);
    for (const std::string& node : network.nodes()) {
        CAPTURE(node);
        const Mat<double> values = network.read(theta, node, pairs);
        CHECK((network.logits_from(theta, node, values, pairs) - logits).norm() <=
              1e-13 * logits.norm());
    }
    const Mat<double> other = Mat<double>::Constant(5, kP * kP, 0.25);
    Mat<double> expected = parameters.weights[1] * other;
    expected = (expected.colwise() + parameters.biases[1]).cwiseMax(0.0);
    expected = parameters.weights[2] * expected;
    expected.colwise() += parameters.biases[2];
    CHECK((network.logits_from(theta, "layers.0.post", other, pairs) - expected).norm() <=
          1e-13 * expected.norm());
    // Without the last hidden layer the bias is left, exactly.
    const Mat<double> bias =
        network.logits_from(theta, "layers.1.post", Mat<double>::Zero(5, kP * kP), pairs);
    CHECK(bias == parameters.biases[2].replicate(1, kP * kP));
}

TEST_CASE("it is the network that was trained, for any number of threads") {
    const pairs::Task task = pairs::make_task({.operation = "add", .p = kP});
    const pairs::Split split = pairs::make_split(task, {.train_fraction = 0.5});
    for (const auto input :
         {models::MlpInput::raw, models::MlpInput::one_hot, models::MlpInput::embedding}) {
        const PairClassifier<double> trained(settings_of(input, 2), task, split);
        const Vec<double> theta = models::initialise<double>(trained.parameters(), {}, 1);
        const PairNetwork one(settings_of(input, 2), 1), three(settings_of(input, 2), 3);
        const Mat<double> logits = one.read(theta, "logits", split.test);
        CHECK(logits == three.read(theta, "logits", split.test));
        std::vector<std::int32_t> labels;
        for (const std::int32_t pair : split.test)
            labels.push_back(task.labels[static_cast<std::size_t>(pair)]);
        Workspace<double> work(trained.model(), 1);
        const Classification expected = trained.evaluate(work, theta, Part::test);
        CHECK(classify<double>(logits, labels).loss ==
              doctest::Approx(expected.loss).epsilon(1e-12));
    }
}

TEST_CASE("nodes, pairs and shapes that do not exist are refused by name") {
    const PairNetwork network(settings_of(models::MlpInput::one_hot, 1), 1);
    const Vec<double> theta = models::initialise<double>(network.parameters(), {}, 0);
    const std::vector<std::int32_t> pairs{1, 2};
    const auto refusal = [&](const auto& call) -> std::string {
        try {
            call();
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "";
    };
    CHECK(refusal([&] { network.read(theta, "layers.0.pots", pairs); }) ==
          "\"layers.0.pots\" is no node of this network; did you mean layers.0.post?");
    CHECK(refusal([&] { network.read(theta, "attention pattern", pairs); }) ==
          "\"attention pattern\" is no node of this network; there are input, layers.0.pre, "
          "layers.0.post, logits");
    const std::vector<std::int32_t> wrong{49};
    CHECK(refusal([&] { network.read(theta, "logits", wrong); }) ==
          "pair network: there is no pair 49; they are a p + b, from 0 to 48");
    CHECK(refusal([&] {
              network.logits_from(theta, "layers.0.pre", Mat<double>::Zero(4, 2), pairs);
          }) == "pair network: 4x2 values for layers.0.pre, which has 5 rows and 2 pairs");
    CHECK(refusal([&] { network.logits_from(theta, "input", Mat<double>::Zero(14, 2), pairs); }) !=
          "");
    CHECK(refusal([&] { PairNetwork(models::MlpSettings{}, 1); }) != "");
}

}  // namespace
}  // namespace dualtape::pairs
