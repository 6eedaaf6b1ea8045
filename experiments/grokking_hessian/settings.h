#pragma once
// Settings of the experiment grokking_hessian: perceptrons of several depths.

#include "experiments/pair_study/pair_setup.h"

namespace dualtape::grokking_hessian {

struct GrokkingHessianSettings : pair_study::PairSettings {
    GrokkingHessianSettings() {
        input = "raw";
        split.train_fraction = 0.1;
    }
    std::vector<std::int64_t> depths{1, 2, 3, 4, 5, 6, 7};
    std::string x_axis = "step";
};

class GrokkingHessian final : public pair_study::PairSetup {
  public:
    void add_options(lab::Options& options) override;
    const GrokkingHessianSettings& settings() const { return settings_; }
    const pair_study::PairSettings& pair_settings() const override { return settings_; }
    // Every depth with every seed, depth by depth.
    std::vector<study::Training> trainings() const override;
    static std::int64_t depth(const study::Training& training) { return training.labels[0].second; }
    models::MlpSettings network(const pairs::Task& task,
                                const study::Training& training) const override;

  private:
    GrokkingHessianSettings settings_;
};

}  // namespace dualtape::grokking_hessian
