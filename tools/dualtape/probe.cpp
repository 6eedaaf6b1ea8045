// dualtape probe: what can be read linearly from the layers of a trained network.

#include "experiments/analyses/probes/probe_report.h"
#include "experiments/analyses/probes/probe_tables.h"
#include "tools/dualtape/circuit_subcommand.h"

namespace dualtape::tools {

Subcommand probe() {
    const auto settings = std::make_shared<analyses::ProbeSettings>();
    return make_subcommand(
        {.name = "probe",
         .purpose = "what can be read linearly from the layers of a trained network",
         .question = "Which concepts can be read linearly, and where?",
         .examples = {{"runs/first", "every concept, with controls, at the last checkpoints"},
                      {"runs/first --checkpoints all", "a few concepts along the training too"},
                      {"runs/first --probe-nodes logits --probe-concepts sum_even",
                       "one concept at one node"}},
         .tables = analyses::probe_tables(),
         .add_options = [settings](lab::Options& to) { analyses::add_probe(to, *settings); },
         .check = [settings](const auto& snapshot) { analyses::check_probe(*settings, snapshot); },
         .measure =
             [settings](const auto& snapshots, const auto& out) {
                 analyses::write_probe_tables(out, *settings, snapshots);
             },
         .report = analyses::probe_report});
}

}  // namespace dualtape::tools
