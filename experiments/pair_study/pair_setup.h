#pragma once
// What experiments on pairs of tokens share: task, split, perceptron, training and curvature.

#include <memory>
#include <string>
#include <vector>

#include "experiments/analyses/curvature/curvature_settings.h"
#include "experiments/lab/cli.h"
#include "experiments/pairs/pair_classifier.h"
#include "experiments/pairs/pair_network.h"
#include "experiments/pairs/pair_table.h"
#include "experiments/study/setup.h"
#include "models/initialise.h"

namespace dualtape::pair_study {

struct PairSettings : lab::CommonSettings {
    std::vector<std::int64_t> seeds{1};  // one number: how many, from seed on; several: these
    pairs::TaskSettings task;
    pairs::SplitSettings split;  // its seed is that of the training, unless split_seed is set
    std::int64_t split_seed = -1;
    double label_noise = 0, operand_noise = 0;
    std::string input = "one_hot", activation = "relu", init = "torch_default";
    std::int64_t width = 128, embedding_width = 128;
    double init_sigma = 0.02, table_sigma = 1;
    lab::TrainSettings train;
    analyses::CurvatureSettings curvature;
};

class PairSetup : public study::Setup {
  public:
    // What trainings of one seed share.
    struct SeedData {
        std::uint64_t seed = 0;
        pairs::Task task;  // its labels with noise
        pairs::Split split;
        std::vector<std::int32_t> noisy = {};  // samples with a wrong label, increasing
    };

    virtual const PairSettings& pair_settings() const = 0;
    virtual models::MlpSettings network(const pairs::Task& task,
                                        const study::Training& training) const = 0;
    const lab::TrainSettings& train() const override { return pair_settings().train; }

    // In the order of the settings. Throws lab::InputError when a task cannot be made or split.
    std::vector<std::uint64_t> seeds() const;
    SeedData make_data(std::uint64_t seed) const;
    pairs::PairTable pair_table(const study::Training& training) const;

    models::InitSettings init() const;
    template <class Scalar>
    std::unique_ptr<pairs::PairClassifier<Scalar>> pair_classifier(
        const study::Training& training) const;
    // The same network, open at every layer. threads as in Workspace.
    std::unique_ptr<pairs::PairNetwork> pair_network(const study::Training& training,
                                                     int threads) const;

  protected:
    // Groups of options that an experiment adds in this order, with its own in between.
    static void add_task(lab::Options& options, PairSettings& settings);
    static void add_model(lab::Options& options, PairSettings& settings);
    // Optimiser, training and curvature; and the check that data can be made of the settings.
    // needed: the ends of the spectrum, "top" or "bottom", without which there is no experiment.
    void add_training(lab::Options& options, PairSettings& settings,
                      const std::vector<std::string>& needed = {}) const;
    // Everything of the network but depth, from the settings.
    models::MlpSettings network_of(const pairs::Task& task) const;

  private:
    std::unique_ptr<study::Classifier<float>> float_classifier(
        const study::Training& training) const override;
    std::unique_ptr<study::Classifier<double>> double_classifier(
        const study::Training& training) const override;
};

}  // namespace dualtape::pair_study
