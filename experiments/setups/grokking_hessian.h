#pragma once
// Settings of the experiment grokking_hessian, and the networks and data they describe.

#include "experiments/analysis/pair_classifier.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/curvature_settings.h"
#include "experiments/setups/setup.h"

namespace dualtape::setups {

struct GrokkingHessianSettings : lab::CommonSettings {
    std::vector<std::int64_t> seeds{1};  // one number: how many, from seed on; several: these
    data::TaskSettings task;
    double train_fraction = 0.1;
    std::string input = "raw", activation = "relu", init = "torch_default";
    std::vector<std::int64_t> depths{1, 2, 3, 4, 5, 6, 7};
    std::int64_t width = 128, embedding_width = 128;
    double init_sigma = 0.02;
    lab::TrainSettings train;
    lab::CurvatureSettings curvature;
    std::string x_axis = "step";
};

class GrokkingHessian final : public Setup {
  public:
    // What one seed shares over all depths.
    struct SeedData {
        std::uint64_t seed = 0;
        data::Task task;
        data::Split split;
    };

    void add_options(lab::Options& options) override;
    const GrokkingHessianSettings& settings() const { return settings_; }
    const lab::TrainSettings& train() const override { return settings_.train; }
    // Every depth with every seed, depth by depth.
    std::vector<Training> trainings() const override;
    static std::int64_t depth(const Training& training) { return training.labels[0].second; }

    // In the order of the settings. Throws lab::InputError when a task cannot be made or split.
    std::vector<std::uint64_t> seeds() const;
    SeedData make_data(std::uint64_t seed) const;
    models::MlpSettings network(const data::Task& task, std::int64_t depth) const;

  private:
    template <class Scalar>
    std::unique_ptr<analysis::Classifier<Scalar>> make(const Training& training) const;
    std::unique_ptr<analysis::Classifier<float>> float_classifier(
        const Training& training) const override;
    std::unique_ptr<analysis::Classifier<double>> double_classifier(
        const Training& training) const override;

    GrokkingHessianSettings settings_;
};

}  // namespace dualtape::setups
