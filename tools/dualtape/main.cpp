// The program `dualtape`: measures run folders and checkpoints of any experiment.

#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

std::vector<Subcommand> subcommands() {
    return {doctor(), hvp(),    spectrum(), fourier(),   ablate(),
            probe(),  report(), rerun(),    completion()};
}

}  // namespace dualtape::tools

int main(int argc, char** argv) { return dualtape::tools::run_tool(argc, argv); }
