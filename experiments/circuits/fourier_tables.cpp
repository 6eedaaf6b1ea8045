#include "experiments/circuits/fourier_tables.h"

namespace dualtape::circuits {

void add_fourier(lab::Options& options, FourierSettings& settings) {
    options.group("fourier", "Fourier");
    options.add("fourier_placeholder", settings.placeholder, "nothing");
}

const std::vector<std::string>& fourier_tables() {
    static const std::vector<std::string> names{};
    return names;
}

void check_fourier(const FourierSettings& /*settings*/, const Snapshot& /*snapshot*/) {}

void write_fourier_tables(const std::filesystem::path& /*folder*/,
                          const FourierSettings& /*settings*/,
                          const std::vector<Snapshot>& /*snapshots*/) {}

}  // namespace dualtape::circuits
