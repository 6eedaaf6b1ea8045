#pragma once
// What tests of whole runs look for in their folders.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "experiments/lab/table.h"
#include "tests/support/lab.h"
#include "tests/support/process.h"
#include "tests/support/svg_texts.h"

namespace dualtape::testing {

// What a run is compared by: everything that does not depend on time or machine.
inline std::vector<std::string> result_files(const std::filesystem::path& run) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
        const std::string name = std::filesystem::relative(entry.path(), run).string();
        const std::string ending = entry.path().extension().string();
        if (name == "cost.tsv") continue;
        if (ending == ".tsv" || ending == ".safetensors") names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

inline void check_same_results(const std::filesystem::path& left,
                               const std::filesystem::path& right) {
    CHECK(result_files(left) == result_files(right));
    for (const std::string& name : result_files(left)) {
        CHECK_MESSAGE(lab::slurp(left / name) == lab::slurp(right / name), name);
    }
}

inline void check_has(const std::filesystem::path& run, const std::vector<std::string>& files,
                      const std::vector<std::string>& figures) {
    for (const std::string& file : files) {
        CHECK_MESSAGE(std::filesystem::exists(run / file), file);
    }
    const std::string report = lab::slurp(run / "report.html");
    for (const std::string& stem : figures) {
        CHECK_MESSAGE(std::filesystem::exists(run / "figures" / (stem + ".tsv")), stem);
        CHECK_MESSAGE(lab::contains(report, stem), stem);
    }
}

// The figures of a run as they were drawn: texts that can be read, and panels that show something.
inline void check_figures(const std::filesystem::path& run) {
    for (const auto& entry : std::filesystem::directory_iterator(run / "figures")) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".svg")) {
            const std::string fault = fault_of_texts(lab::slurp(entry.path()));
            CHECK_MESSAGE(fault.empty(), name << ": " << fault);
        }
        if (!name.ends_with(".tsv")) continue;
        const lab::Table table = lab::read_table(entry.path());
        const auto panel = table.numbers("panel"), y = table.numbers("y");
        const auto value = table.has_column("value") ? table.numbers("value") : y;
        std::map<double, bool> shows;
        for (std::size_t i = 0; i < panel.size(); ++i) {
            const double drawn = std::isnan(value[i]) ? y[i] : value[i];
            shows[panel[i]] |= !std::isnan(drawn) && drawn != 0;
        }
        CHECK_MESSAGE(!shows.empty(), name);
        for (const auto& of : shows) {
            CHECK_MESSAGE(of.second, name << ", panel " << of.first);
        }
    }
}

// In a finished run whose files are all from long ago, except for what a user has added since:
// --force, in a run that ends early, leaves none of the run and all of the user.
inline void check_force(const std::string& program, const lab::TemporaryFolder& folder) {
    namespace fs = std::filesystem;
    const std::string mine[] = {"my.tsv", "figures/mine.png", "checkpoints/mine.txt"};
    for (const std::string& name : mine) lab::spit(folder.path / "run" / name, "mine");
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(24);
    for (const auto& entry : fs::recursive_directory_iterator(folder / "run")) {
        if (entry.is_regular_file()) fs::last_write_time(entry.path(), long_ago);
    }
    const ProcessResult again =
        run_process(program, folder.path,
                    {"--recipe", "tiny", "--optimiser", "sgd", "--weight-decay", "0",
                     "--learning-rate", "1e30", "--out", "run", "--force", "--quiet"});
    CHECK(lab::contains(again.err, "diverged"));
    for (const auto& entry : fs::recursive_directory_iterator(folder / "run")) {
        const std::string name = fs::relative(entry.path(), folder / "run").string();
        if (!entry.is_regular_file() || fs::last_write_time(entry.path()) > long_ago) continue;
        CHECK_MESSAGE(std::find(std::begin(mine), std::end(mine), name) != std::end(mine), name);
    }
    for (const std::string& name : mine) CHECK(lab::slurp(folder.path / "run" / name) == "mine");
}

// Verdict by statement of acceptance.tsv, each with what was measured.
inline std::map<std::string, std::string> verdicts_of(const std::filesystem::path& run) {
    const lab::Table table = lab::read_table(run / "acceptance.tsv");
    std::map<std::string, std::string> verdicts;
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        CHECK_FALSE(table.texts("measured")[i].empty());
        verdicts[table.texts("statement")[i]] = table.texts("verdict")[i];
    }
    return verdicts;
}

}  // namespace dualtape::testing
