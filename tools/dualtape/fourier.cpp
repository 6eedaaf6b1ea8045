// dualtape fourier: frequencies that a trained network computes with.

#include "experiments/circuits/fourier_tables.h"
#include "experiments/reports/fourier_report.h"
#include "tools/dualtape/circuit_subcommand.h"

namespace dualtape::tools {

Subcommand fourier() {
    const auto settings = std::make_shared<circuits::FourierSettings>();
    return make_subcommand(
        {.name = "fourier",
         .purpose = "frequencies that a trained network computes with",
         .question = "Which frequencies does the network compute with?",
         .examples = {{"runs/first", "at the last checkpoint of every training"},
                      {"runs/first --checkpoints all", "with progress measures and phases"}},
         .tables = circuits::fourier_tables(),
         .add_options = [settings](lab::Options& to) { circuits::add_fourier(to, *settings); },
         .check =
             [settings](const auto& snapshot) { circuits::check_fourier(*settings, snapshot); },
         .measure =
             [settings](const auto& snapshots, const auto& out) {
                 circuits::write_fourier_tables(out, *settings, snapshots);
             },
         .report = reports::fourier_report});
}

}  // namespace dualtape::tools
