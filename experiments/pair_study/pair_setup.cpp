#include "experiments/pair_study/pair_setup.h"

#include <numeric>

namespace dualtape::pair_study {

void PairSetup::add_task(lab::Options& options, PairSettings& to) {
    lab::add_common(options, to);
    options.add("seeds", to.seeds, "one number: how many, from seed on; several: these")
        .range(0, static_cast<double>(lab::kLargestSeed))
        .distinct();
    options.group("task", "Task");
    options.add("operation", to.task.operation, "label of the pair (a, b)")
        .choices({"add", "sub", "mul", "div", "x2_y2", "x2_xy_y2", "x2_xy_y2_x", "x3_xy",
                  "x3_xy2_y", "mix", "random_table", "binary_zero"});
    options.add("p", to.task.p, "modulus: operands are 0 .. p-1").range(2, 1000);
    options.add("train_fraction", to.split.train_fraction, "share of all pairs to train on")
        .above(0)
        .at_most(1);
    options.add("train_cap", to.split.train_cap, "most training pairs; 0: no cap")
        .unit("samples")
        .at_least(0);
    options.add("test_cap", to.split.test_cap, "most test pairs; 0: no cap")
        .unit("samples")
        .at_least(0);
    options.add("split_generator", to.split.generator, "philox; or published ones, recreated")
        .choices(pairs::split_generators());
    options.add("split_seed", to.split_seed, "of the split; -1: the seed of the training")
        .range(-1, static_cast<double>(lab::kLargestSeed));
    options.add("split_by_orbit", to.split.by_orbit, "keep (a, b) and (b, a) on the same side");
    options
        .add("label_noise", to.label_noise, "share of the training pairs with a random wrong label")
        .range(0, 1);
    options
        .add("operand_noise", to.operand_noise,
             "probability that an operand is drawn anew, at every step of the training")
        .range(0, 1);
}

void PairSetup::add_model(lab::Options& options, PairSettings& to) {
    options.group("model", "Model");
    options.add("input", to.input, "raw: two integers; one_hot: two one-hots; embedding")
        .choices(models::mlp_input_words());
    options.add("embedding_width", to.embedding_width, "features of the embedding").range(1, 65536);
    options.add("activation", to.activation, "of the hidden layers")
        .choices(models::activation_words());
    options
        .add(
            "init", to.init,
            "U(-1/sqrt(inputs), 1/sqrt(inputs)), tables N(0, table_sigma); or all N(0, init_sigma)")
        .choices(models::init_words());
    options.add("init_sigma", to.init_sigma, "standard deviation of normal")
        .at_least(0)
        .in_training();
    options.add("table_sigma", to.table_sigma, "standard deviation of the embedding")
        .at_least(0)
        .in_training();
}

void PairSetup::add_training(lab::Options& options, PairSettings& to,
                             const std::vector<std::string>& needed) const {
    lab::add_train(options, to.train);
    analyses::add_curvature(options, to.curvature, needed);
    options
        .add("checkpoints", to.train.visits.log_spaced,
             "further checkpoints, without curvature, evenly spaced on a logarithmic axis")
        .at_least(0);
    options.add_check([this, &to] {
        to.train.visits.every = to.curvature.every;
        make_data(seeds()[0]);
    });
}

std::vector<std::uint64_t> PairSetup::seeds() const {
    const PairSettings& settings = pair_settings();
    std::vector<std::uint64_t> seeds(settings.seeds.begin(), settings.seeds.end());
    constexpr std::uint64_t kMostSeeds = 10'000;  // a training each, with files of its own
    const std::uint64_t count = seeds.size() == 1 ? seeds[0] : seeds.size();
    if (count > kMostSeeds) {
        throw lab::InputError("--seeds",
                              std::to_string(count) + " seeds are wanted, at most " +
                                  std::to_string(kMostSeeds) + " are trained in a run",
                              "choose fewer, in several runs");
    }
    if (seeds.size() == 1) {
        if (settings.seeds[0] - 1 > lab::kLargestSeed - settings.seed)
            throw lab::InputError("--seeds " + std::to_string(settings.seeds[0]),
                                  "from --seed " + std::to_string(settings.seed) +
                                      " on, this passes the largest seed, " +
                                      std::to_string(lab::kLargestSeed),
                                  "choose a smaller --seed");
        seeds.resize(seeds[0]);
        std::iota(seeds.begin(), seeds.end(), static_cast<std::uint64_t>(settings.seed));
    }
    if (seeds.empty()) throw lab::InputError("--seeds 0", "no seed is left", "choose 1 or more");
    return seeds;
}

PairSetup::SeedData PairSetup::make_data(std::uint64_t seed) const {
    const PairSettings& settings = pair_settings();
    SeedData data{.seed = seed, .task = {}, .split = {}};
    pairs::TaskSettings task = settings.task;
    task.seed = seed;
    pairs::SplitSettings split = settings.split;
    split.seed = settings.split_seed < 0 ? seed : static_cast<std::uint64_t>(settings.split_seed);
    try {
        data.task = pairs::make_task(task);
        data.split = pairs::make_split(data.task, split);
        data.noisy =
            pairs::add_label_noise(data.task, data.split.train, settings.label_noise, seed);
    } catch (const std::invalid_argument& error) {
        throw lab::InputError("", error.what(), "see --help for the settings of the task");
    }
    const auto samples = static_cast<std::int64_t>(data.split.train.size());
    if (settings.train.batch_size > samples) {
        throw lab::InputError("--batch-size " + std::to_string(settings.train.batch_size),
                              "there are " + std::to_string(samples) + " training samples",
                              "choose 0 for all of them, or a smaller batch_size");
    }
    return data;
}

pairs::PairTable PairSetup::pair_table(const study::Training& training) const {
    const SeedData data = make_data(training.seed);
    return pairs::make_pair_table(data.task, data.split);
}

models::InitSettings PairSetup::init() const {
    const PairSettings& settings = pair_settings();
    return {models::init_rule(settings.init), settings.init_sigma, settings.table_sigma};
}

models::MlpSettings PairSetup::network_of(const pairs::Task& task) const {
    const PairSettings& settings = pair_settings();
    models::MlpSettings network;
    network.input = models::mlp_input(settings.input);
    network.activation = models::activation(settings.activation);
    network.modulus = task.vocabulary;
    network.num_classes = task.classes;
    network.width = settings.width;
    network.embedding_width = settings.embedding_width;
    // Products with the table run over p columns, without it over those of the batch.
    const std::int64_t batch = settings.train.batch_size;
    if (network.input == models::MlpInput::embedding && batch > 0 && batch < task.vocabulary) {
        network.form = models::MlpForm::plain;
    }
    return network;
}

template <class Scalar>
std::unique_ptr<pairs::PairClassifier<Scalar>> PairSetup::pair_classifier(
    const study::Training& training) const {
    const SeedData data = make_data(training.seed);
    return std::make_unique<pairs::PairClassifier<Scalar>>(network(data.task, training), data.task,
                                                           data.split);
}

std::unique_ptr<pairs::PairNetwork> PairSetup::pair_network(const study::Training& training,
                                                            int threads) const {
    return std::make_unique<pairs::PairNetwork>(network(make_data(training.seed).task, training),
                                                threads);
}

std::unique_ptr<study::Classifier<float>> PairSetup::float_classifier(
    const study::Training& training) const {
    return pair_classifier<float>(training);
}

std::unique_ptr<study::Classifier<double>> PairSetup::double_classifier(
    const study::Training& training) const {
    return pair_classifier<double>(training);
}

template std::unique_ptr<pairs::PairClassifier<float>> PairSetup::pair_classifier(
    const study::Training&) const;
template std::unique_ptr<pairs::PairClassifier<double>> PairSetup::pair_classifier(
    const study::Training&) const;

}  // namespace dualtape::pair_study
