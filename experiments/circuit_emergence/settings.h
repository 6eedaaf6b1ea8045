#pragma once
// Settings of the experiment circuit_emergence: perceptrons of several widths.

#include "experiments/analyses/probes/probe_tables.h"
#include "experiments/pair_study/pair_setup.h"

namespace dualtape::circuit_emergence {

struct CircuitEmergenceSettings : pair_study::PairSettings {
    CircuitEmergenceSettings() {
        split.train_fraction = 0.5;
        curvature.quantities = {};
    }
    std::vector<std::int64_t> widths{16, 32, 64, 128, 256};
    std::int64_t depth = 2;
    analyses::ProbeSettings probe;
};

class CircuitEmergence final : public pair_study::PairSetup {
  public:
    void add_options(lab::Options& options) override;
    const CircuitEmergenceSettings& settings() const { return settings_; }
    const pair_study::PairSettings& pair_settings() const override { return settings_; }
    // Every width with every seed, width by width.
    std::vector<study::Training> trainings() const override;
    static std::int64_t width(const study::Training& training) { return training.labels[0].second; }
    models::MlpSettings network(const pairs::Task& task,
                                const study::Training& training) const override;

  private:
    CircuitEmergenceSettings settings_;
};

}  // namespace dualtape::circuit_emergence
