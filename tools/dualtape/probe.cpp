// dualtape probe: what can be read linearly from the layers of a trained network.

#include "experiments/circuits/probe_tables.h"
#include "experiments/reports/probe_report.h"
#include "tools/dualtape/circuit_subcommand.h"

namespace dualtape::tools {

Subcommand probe() {
    const auto settings = std::make_shared<circuits::ProbeSettings>();
    return make_subcommand(
        {.name = "probe",
         .purpose = "what can be read linearly from the layers of a trained network",
         .question = "Which concepts can be read linearly, and where?",
         .examples = {{"runs/first", "every concept, with controls, at the last checkpoints"},
                      {"runs/first --checkpoints all", "a few concepts along the training too"},
                      {"runs/first --probe-nodes logits --probe-concepts sum_even",
                       "one concept at one node"}},
         .tables = circuits::probe_tables(),
         .add_options = [settings](lab::Options& to) { circuits::add_probe(to, *settings); },
         .check = [settings](const auto& snapshot) { circuits::check_probe(*settings, snapshot); },
         .measure =
             [settings](const auto& snapshots, const auto& out) {
                 circuits::write_probe_tables(out, *settings, snapshots);
             },
         .report = reports::probe_report});
}

}  // namespace dualtape::tools
