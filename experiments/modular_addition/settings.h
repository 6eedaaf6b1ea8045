#pragma once
// Settings of the experiment modular_addition: a perceptron on embedded pairs, several seeds.

#include "experiments/analyses/ablation/ablation_tables.h"
#include "experiments/analyses/fourier/fourier_tables.h"
#include "experiments/pair_study/pair_setup.h"

namespace dualtape::modular_addition {

struct ModularAdditionSettings : pair_study::PairSettings {
    ModularAdditionSettings() {
        task.p = 113;
        split.train_fraction = 0.8;
        input = "embedding";
        width = 256;
        curvature.quantities = {"top=1"};
        curvature.power_rounds = 0;
    }
    std::int64_t depth = 1;
    analyses::FourierSettings fourier;
    analyses::AblationSettings ablation;
};

class ModularAddition final : public pair_study::PairSetup {
  public:
    void add_options(lab::Options& options) override;
    const ModularAdditionSettings& settings() const { return settings_; }
    const pair_study::PairSettings& pair_settings() const override { return settings_; }
    // One a seed.
    std::vector<study::Training> trainings() const override;
    models::MlpSettings network(const pairs::Task& task,
                                const study::Training& training) const override;

  private:
    ModularAdditionSettings settings_;
};

}  // namespace dualtape::modular_addition
