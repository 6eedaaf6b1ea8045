#pragma once
// What claims, statements and summary of a finished run of modular_addition are told from.

#include <filesystem>
#include <string>

#include "experiments/lab/table.h"
#include "experiments/modular_addition/settings.h"
#include "experiments/modular_addition/trainings.h"
#include "experiments/report/facts.h"
#include "experiments/report/judged_setting.h"

namespace dualtape::modular_addition {

struct ModularAdditionFindings {
    explicit ModularAdditionFindings(const std::filesystem::path& folder);

    // "epoch 12" for minibatches, "step 560" for the full batch; the interval over seeds with it.
    std::string time(const std::string& quantity) const;
    // Sizes of the minimal circuits that keep this share of the accuracy, one a training, and of
    // random ones, chosen on the training pairs, at the last step.
    report::Estimate circuit_size(double share, const char* column) const;
    // The change of the test accuracy without the `count` most important neurons, at zero.
    report::Estimate top_change(const std::string& count) const {
        return ablation.estimate("top_" + count + "_accuracy_change",
                                 {{"part", "test"}, {"mode", "zero"}});
    }
    double seeds() const { return over_seeds.estimate("t_mem").seeds; }

    std::filesystem::path folder;
    ModularAdditionSettings settings;
    report::JudgedSetting setting;
    Index num_parameters = 0, train_pairs = 0, test_pairs = 0;
    double per_epoch = 1;
    OverSeeds over_seeds;
    report::Facts fourier, ablation;
};

}  // namespace dualtape::modular_addition
