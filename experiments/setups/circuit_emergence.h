#pragma once
// Settings of the experiment circuit_emergence: perceptrons of several widths.

#include "experiments/circuits/probe_tables.h"
#include "experiments/setups/pair_setup.h"

namespace dualtape::setups {

struct CircuitEmergenceSettings : PairSettings {
    CircuitEmergenceSettings() {
        split.train_fraction = 0.5;
        curvature.quantities = {};
    }
    std::vector<std::int64_t> widths{16, 32, 64, 128, 256};
    std::int64_t depth = 2;
    circuits::ProbeSettings probe;
};

class CircuitEmergence final : public PairSetup {
  public:
    void add_options(lab::Options& options) override;
    const CircuitEmergenceSettings& settings() const { return settings_; }
    const PairSettings& pair_settings() const override { return settings_; }
    // Every width with every seed, width by width.
    std::vector<Training> trainings() const override;
    static std::int64_t width(const Training& training) { return training.labels[0].second; }
    models::MlpSettings network(const data::Task& task, const Training& training) const override;

  private:
    CircuitEmergenceSettings settings_;
};

}  // namespace dualtape::setups
