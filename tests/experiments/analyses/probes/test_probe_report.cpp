#include "experiments/analyses/probes/probe_report.h"

#include <cmath>
#include <set>

#include <doctest/doctest.h>

#include "experiments/analyses/probes/probe_figures.h"
#include "experiments/analyses/probes/probe_tables.h"
#include "experiments/analyses/probes/probe_words.h"
#include "tests/support/lab.h"
#include "tests/support/planted_snapshot.h"

namespace dualtape::analyses {

using namespace dualtape::report;

namespace {

using lab::contains;
using lab::TemporaryFolder;

const analyses::ProbeSettings kSettings{.concepts = {"x_even", "sum_even", "x_equals_y"},
                                        .time_concepts = {"x_even"},
                                        .part = "all",
                                        .penalties = {1e-2, 1, 1e2},
                                        .permutations = 4,
                                        .random_directions = 3};

// Tables of planted networks, untrained at step 0 and whole at step 40: `widths` with `seeds` each.
void write_tables(const TemporaryFolder& folder, const std::vector<Index>& widths,
                  const std::vector<std::uint64_t>& seeds) {
    for (const Index width : widths) {
        for (const std::uint64_t seed : seeds) {
            pairs::Snapshot first = testing::planted_snapshot(
                {.modulus = 11, .width = width, .frequencies = {2}, .seed = seed}, {.seed = seed});
            if (widths.size() > 1) {
                first.labels.insert(first.labels.begin(), {"width", std::to_string(width)});
            }
            pairs::Snapshot last = first;
            first.theta = first.untrained;
            last.step = 40;
            analyses::write_probe_tables(folder.path, kSettings, {first, last});
        }
    }
}

std::set<std::string> stems_of(const CircuitReport& report) {
    std::set<std::string> stems;
    for (const lab::Figure& figure : report.figures) stems.insert(figure.stem);
    return stems;
}

}  // namespace

TEST_CASE("one training: a figure of each kind, and numbers of the tables in the sentences") {
    TemporaryFolder folder;
    write_tables(folder, {36}, {0});
    const CircuitReport report = probe_report(folder.path, "setting");
    CHECK(stems_of(report) == std::set<std::string>{"concept_matrix", "probe_accuracy_vs_layer",
                                                    "fourier_probe", "probe_accuracy_vs_time",
                                                    "erasure_effect"});
    CHECK(contains(report.verdict, "x_even 1 at input"));
    CHECK(contains(report.verdict, "k = 2 at"));
    REQUIRE(report.tables.size() == 2);
    CHECK(report.tables[1].title == "Selectivity");
    CHECK(report.tables[1].columns ==
          std::vector<std::string>{"training", "concept", "input", "pre 1", "post 1", "logits"});
    std::string warnings;
    for (const std::string& warning : report.warnings) warnings += warning + "\n";
    CHECK(contains(warnings, "seen in training"));
    for (const lab::Figure& figure : report.figures) {
        INFO(figure.stem);
        CHECK_FALSE(figure.title.empty());
        CHECK_FALSE(figure.caption.empty());
        CHECK(lab::draw(figure, folder / "figures").status != lab::DrawOutcome::Status::failed);
    }
}

TEST_CASE("figures hold the numbers of the tables: of one seed its own, of several the median") {
    for (const std::vector<std::uint64_t>& seeds :
         {std::vector<std::uint64_t>{3}, std::vector<std::uint64_t>{0, 1, 2}}) {
        TemporaryFolder folder;
        write_tables(folder, {18, 36}, seeds);
        const SnapshotTable probes(folder / "probes.tsv"), phases(folder / "fourier_probes.tsv");
        CHECK(probes.families() == std::vector<std::string>{"width 18", "width 36"});
        CHECK(probes.num_seeds(1) == seeds.size());
        CHECK(probes.steps(1) == std::vector<double>{0, 40});
        const std::vector<std::string> nodes = probes.distinct("node");
        const lab::Figure matrix = concept_matrix_figure(probes, 1, "setting");
        CHECK(matrix.stem == "concept_matrix_width36");
        const lab::HeatMap& map = *matrix.panels[0].heat_map;
        REQUIRE(map.value.size() == nodes.size() * 3);
        // Straight from the file, row by row.
        const lab::Table table = lab::read_table(folder / "probes.tsv");
        const auto at = [&](std::size_t row, const char* column) {
            return table.rows[row][table.column(column)];
        };
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            std::vector<double> values;
            for (std::size_t row = 0; row < table.num_rows(); ++row) {
                if (at(row, "width") == "36" && at(row, "step") == "40" &&
                    at(row, "node") == nodes[i] && at(row, "concept") == "sum_even" &&
                    at(row, "control") == "none" && at(row, "protocol") == "held_out") {
                    values.push_back(std::stod(at(row, "balanced_accuracy")));
                }
            }
            REQUIRE(values.size() == seeds.size());
            // Concepts from the last, at the foot, to the first.
            CHECK(map.value[nodes.size() + i] == statistics::median(values));
        }
        const lab::Figure layers = probe_layer_figure(probes, "x_even", "setting");
        CHECK(layers.panels.size() == 2);
        // x_equals_y is no rarer than 5 % at p = 11, so that it is judged by accuracy.
        CHECK(score_of(probes, "x_equals_y") == "accuracy");
        const auto time = probe_time_figure(probes, phases, 1, "setting");
        REQUIRE(time);
        CHECK(time->panels[0].series[0].x == std::vector<double>{0, 40});
        CHECK(time->panels[0].series[0].low.empty() == (seeds.size() == 1));
    }
}

TEST_CASE("tables that are missing leave their parts out") {
    TemporaryFolder folder;
    const CircuitReport none = probe_report(folder.path, "setting");
    CHECK(none.figures.empty());
    CHECK(none.tables.empty());
    CHECK(none.verdict.empty());
    write_tables(folder, {18}, {0});
    std::filesystem::remove(folder / "fourier_probes.tsv");
    std::filesystem::remove(folder / "erasure.tsv");
    CHECK(stems_of(probe_report(folder.path, "setting")) ==
          std::set<std::string>{"concept_matrix", "probe_accuracy_vs_layer",
                                "probe_accuracy_vs_time"});
}

TEST_CASE("nodes have short names in figures") {
    CHECK(node_label("input") == "input");
    CHECK(node_label("layers.0.pre") == "pre 1");
    CHECK(node_label("layers.11.post") == "post 12");
    for (const char* other : {"logits", "layers.", "layers.x.post", "layers.0"}) {
        CHECK(node_label(other) == other);
    }
}

}  // namespace dualtape::analyses
