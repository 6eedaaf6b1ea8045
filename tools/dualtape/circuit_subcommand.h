#pragma once
// What subcommands that look at trained networks on pairs have in common: they open a run, measure
// its checkpoints one by one, and write tables, figures and a report into a folder.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "experiments/pairs/snapshot.h"
#include "experiments/report/analysis_report.h"
#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

struct CircuitSubcommand {
    std::string name, purpose, question;
    std::vector<lab::Example> examples;
    std::vector<std::string> tables;  // files that measure writes
    // Adds the options of the analysis; what they fill is shared with `measure`.
    std::function<void(lab::Options&)> add_options;
    // Throws lab::InputError for options that do not fit this network; before anything is written.
    std::function<void(const pairs::Snapshot&)> check;
    // Appends the rows of all snapshots of one training, oldest first.
    std::function<void(const std::vector<pairs::Snapshot>&, const std::filesystem::path& out)>
        measure;
    // From the tables. setting: program and run, for subtitles.
    std::function<report::CircuitReport(const std::filesystem::path& out,
                                        const std::string& setting)>
        report;
};

// Adds --checkpoints, --out, --threads, --force, --quiet. Results lie in RUN/NAME unless --out
// names a folder.
Subcommand make_subcommand(CircuitSubcommand analysis);

}  // namespace dualtape::tools
