#include "experiments/circuits/probe_tables.h"

namespace dualtape::circuits {

void add_probe(lab::Options& options, ProbeSettings& settings) {
    options.group("probe", "Probe");
    options.add("probe_placeholder", settings.placeholder, "nothing");
}

const std::vector<std::string>& probe_tables() {
    static const std::vector<std::string> names{};
    return names;
}

void check_probe(const ProbeSettings& /*settings*/, const Snapshot& /*snapshot*/) {}

void write_probe_tables(const std::filesystem::path& /*folder*/, const ProbeSettings& /*settings*/,
                        const std::vector<Snapshot>& /*snapshots*/) {}

}  // namespace dualtape::circuits
