#pragma once
// Settings of the experiment modular_addition: a perceptron on embedded pairs, several seeds.

#include "experiments/circuits/ablation_tables.h"
#include "experiments/circuits/fourier_tables.h"
#include "experiments/setups/pair_setup.h"

namespace dualtape::setups {

struct ModularAdditionSettings : PairSettings {
    ModularAdditionSettings() {
        task.p = 113;
        split.train_fraction = 0.8;
        input = "embedding";
        width = 256;
        curvature.quantities = {"top=1"};
        curvature.power_rounds = 0;
    }
    std::int64_t depth = 1;
    circuits::FourierSettings fourier;
    circuits::AblationSettings ablation;
};

class ModularAddition final : public PairSetup {
  public:
    void add_options(lab::Options& options) override;
    const ModularAdditionSettings& settings() const { return settings_; }
    const PairSettings& pair_settings() const override { return settings_; }
    // One a seed.
    std::vector<Training> trainings() const override;
    models::MlpSettings network(const data::Task& task, const Training& training) const override;

  private:
    ModularAdditionSettings settings_;
};

}  // namespace dualtape::setups
