#include "experiments/setups/grokking_hessian.h"

#include <numeric>

#include "models/initialise.h"

namespace dualtape::setups {

void GrokkingHessian::add_options(lab::Options& options) {
    GrokkingHessianSettings& to = settings_;
    lab::add_common(options, to);
    options.add("seeds", to.seeds, "one number: how many, from seed on; several: these")
        .at_least(0);
    options.group("task", "Task");
    options.add("operation", to.task.operation, "label of the pair (a, b)")
        .choices({"add", "sub", "mul", "div", "x2_y2", "x2_xy_y2", "x2_xy_y2_x", "x3_xy",
                  "x3_xy2_y", "mix", "random_table"});
    options.add("p", to.task.p, "modulus: operands are 0 .. p-1").range(2, 1000);
    options.add("train_fraction", to.train_fraction, "share of all pairs to train on")
        .above(0)
        .at_most(1);
    options.group("model", "Model");
    options.add("input", to.input, "raw: two integers; one_hot: two one-hots; embedding")
        .choices(models::mlp_input_words());
    options.add("depths", to.depths, "hidden layers, one network each").range(1, 64);
    options.add("width", to.width, "features of a hidden layer").range(1, 65536);
    options.add("embedding_width", to.embedding_width, "features of the embedding").range(1, 65536);
    options.add("activation", to.activation, "of the hidden layers")
        .choices(models::activation_words());
    options.add("init", to.init, "U(-1/sqrt(inputs), 1/sqrt(inputs)), or N(0, init_sigma)")
        .choices(models::init_words());
    options.add("init_sigma", to.init_sigma, "standard deviation of normal").at_least(0);
    lab::add_train(options, to.train);
    lab::add_curvature(options, to.curvature);
    options.group("figures", "Figures");
    options.add("x_axis", to.x_axis, "of curvature figures: step, or index of the checkpoint")
        .choices({"step", "index"})
        .neutral();
    options.add_check([this] {
        settings_.train.visits.every = settings_.curvature.every;
        for (const char* end : {"top", "bottom"}) {
            if (settings_.curvature.count(end) > 0) continue;
            throw lab::InputError("curvature", std::string(end) + "=K is missing",
                                  "this experiment is about both ends of the spectrum: add " +
                                      std::string(end) + "=1 or more");
        }
    });
}

std::vector<std::uint64_t> GrokkingHessian::seeds() const {
    std::vector<std::uint64_t> seeds(settings_.seeds.begin(), settings_.seeds.end());
    if (seeds.size() == 1) {
        seeds.resize(seeds[0]);
        std::iota(seeds.begin(), seeds.end(), static_cast<std::uint64_t>(settings_.seed));
    }
    if (seeds.empty()) throw lab::InputError("--seeds 0", "no seed is left", "choose 1 or more");
    return seeds;
}

std::vector<Training> GrokkingHessian::trainings() const {
    std::vector<Training> all;
    for (const std::int64_t depth : settings_.depths) {
        for (const std::uint64_t seed : seeds()) {
            all.push_back({"depth" + std::to_string(depth) + "-seed" + std::to_string(seed),
                           {{"depth", depth}, {"seed", static_cast<std::int64_t>(seed)}},
                           seed});
        }
    }
    return all;
}

GrokkingHessian::SeedData GrokkingHessian::make_data(std::uint64_t seed) const {
    SeedData data{.seed = seed, .task = {}, .split = {}};
    data::TaskSettings task = settings_.task;
    task.seed = seed;
    try {
        data.task = data::make_task(task);
        data.split =
            data::make_split(data.task, {.train_fraction = settings_.train_fraction, .seed = seed});
    } catch (const std::invalid_argument& error) {
        throw lab::InputError("", error.what(), "see --help for the settings of the task");
    }
    const auto samples = static_cast<std::int64_t>(data.split.train.size());
    if (settings_.train.batch_size > samples) {
        throw lab::InputError("--batch-size " + std::to_string(settings_.train.batch_size),
                              "there are " + std::to_string(samples) + " training samples",
                              "choose 0 for all of them, or a smaller batch_size");
    }
    return data;
}

models::MlpSettings GrokkingHessian::network(const data::Task& task, std::int64_t depth) const {
    models::MlpSettings network;
    network.input = models::mlp_input(settings_.input);
    network.activation = models::activation(settings_.activation);
    network.modulus = task.vocabulary;
    network.num_classes = task.classes;
    network.width = settings_.width;
    network.depth = depth;
    network.embedding_width = settings_.embedding_width;
    return network;
}

template <class Scalar>
std::unique_ptr<analysis::Classifier<Scalar>> GrokkingHessian::make(
    const Training& training) const {
    const SeedData data = make_data(training.seed);
    return std::make_unique<analysis::PairClassifier<Scalar>>(network(data.task, depth(training)),
                                                              data.task, data.split);
}

std::unique_ptr<analysis::Classifier<float>> GrokkingHessian::float_classifier(
    const Training& training) const {
    return make<float>(training);
}

std::unique_ptr<analysis::Classifier<double>> GrokkingHessian::double_classifier(
    const Training& training) const {
    return make<double>(training);
}

}  // namespace dualtape::setups
