#pragma once
// What experiments on pairs of tokens share: task, split, perceptron, training and curvature.

#include <memory>
#include <string>
#include <vector>

#include "experiments/analysis/pair_classifier.h"
#include "experiments/analysis/pair_network.h"
#include "experiments/data/pair_table.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/curvature_settings.h"
#include "experiments/setups/setup.h"
#include "models/initialise.h"

namespace dualtape::setups {

struct PairSettings : lab::CommonSettings {
    std::vector<std::int64_t> seeds{1};  // one number: how many, from seed on; several: these
    data::TaskSettings task;
    data::SplitSettings split;  // its seed is that of the training, unless split_seed is set
    std::int64_t split_seed = -1;
    double label_noise = 0, operand_noise = 0;
    std::string input = "one_hot", activation = "relu", init = "torch_default";
    std::int64_t width = 128, embedding_width = 128;
    double init_sigma = 0.02, table_sigma = 1;
    lab::TrainSettings train;
    lab::CurvatureSettings curvature;
};

class PairSetup : public Setup {
  public:
    // What trainings of one seed share.
    struct SeedData {
        std::uint64_t seed = 0;
        data::Task task;  // its labels with noise
        data::Split split;
        std::vector<std::int32_t> noisy = {};  // samples with a wrong label, increasing
    };

    virtual const PairSettings& pair_settings() const = 0;
    virtual models::MlpSettings network(const data::Task& task, const Training& training) const = 0;
    const lab::TrainSettings& train() const override { return pair_settings().train; }

    // In the order of the settings. Throws lab::InputError when a task cannot be made or split.
    std::vector<std::uint64_t> seeds() const;
    SeedData make_data(std::uint64_t seed) const;
    data::PairTable pair_table(const Training& training) const;

    models::InitSettings init() const;
    template <class Scalar>
    std::unique_ptr<analysis::PairClassifier<Scalar>> pair_classifier(
        const Training& training) const;
    // The same network, open at every layer. threads as in Workspace.
    std::unique_ptr<analysis::PairNetwork> pair_network(const Training& training,
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
    models::MlpSettings network_of(const data::Task& task) const;

  private:
    std::unique_ptr<analysis::Classifier<float>> float_classifier(
        const Training& training) const override;
    std::unique_ptr<analysis::Classifier<double>> double_classifier(
        const Training& training) const override;
};

}  // namespace dualtape::setups
