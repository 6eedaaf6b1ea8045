// dualtape fourier: frequencies that a trained network computes with.

#include "experiments/analyses/fourier/fourier_report.h"
#include "experiments/analyses/fourier/fourier_tables.h"
#include "tools/dualtape/circuit_subcommand.h"

namespace dualtape::tools {

Subcommand fourier() {
    const auto settings = std::make_shared<analyses::FourierSettings>();
    return make_subcommand(
        {.name = "fourier",
         .purpose = "frequencies that a trained network computes with",
         .question = "Which frequencies does the network compute with?",
         .examples = {{"runs/first", "at the last checkpoint of every training"},
                      {"runs/first --checkpoints all", "with progress measures and phases"}},
         .tables = analyses::fourier_tables(),
         .add_options = [settings](lab::Options& to) { analyses::add_fourier(to, *settings); },
         .check =
             [settings](const auto& snapshot) { analyses::check_fourier(*settings, snapshot); },
         .measure =
             [settings](const auto& snapshots, const auto& out) {
                 analyses::write_fourier_tables(out, *settings, snapshots);
             },
         .report = analyses::fourier_report});
}

}  // namespace dualtape::tools
