// Figures and tables of ablation from the tables of one training and of several.
#include <cmath>

#include <doctest/doctest.h>

#include "experiments/analyses/ablation/ablation_figures.h"
#include "experiments/analyses/ablation/ablation_numbers.h"
#include "experiments/analyses/ablation/ablation_report.h"
#include "experiments/analyses/ablation/ablation_tables.h"
#include "tests/support/ablation_snapshots.h"
#include "tests/support/lab.h"

using namespace dualtape;
using namespace dualtape::analyses;
using namespace dualtape::testing;
using namespace dualtape::lab;
using namespace dualtape::pairs;
using namespace dualtape::report;
using lab::contains;
using lab::TemporaryFolder;

namespace {

std::vector<std::string> stems(const CircuitReport& report) {
    std::vector<std::string> names;
    for (const lab::Figure& figure : report.figures) names.push_back(figure.stem);
    return names;
}

}  // namespace

TEST_CASE("the report of one training draws every figure and states its numbers") {
    const TemporaryFolder folder;
    analyses::write_ablation_tables(folder.path, quick_settings(), {planted_nine(2)});
    const CircuitReport report = ablation_report(folder.path, "planted");
    CHECK(stems(report) == std::vector<std::string>{"ablation_curves", "ablation_single",
                                                    "pair_interactions", "neuron_importance",
                                                    "activation_heatmap", "activation_vs_sum"});
    CHECK(report.tables.size() == 4);
    CHECK(contains(report.verdict, "seed 2 at step 0, 36 units of layers.0.post, test accuracy 1"));
    CHECK(contains(report.verdict, "chosen on the train pairs"));
    REQUIRE(report.warnings.size() == 1);
    CHECK(contains(report.warnings[0], "no frequencies of an embedding"));
    for (const lab::Figure& figure : report.figures) {
        CHECK(contains(figure.subtitle, "planted, seed 2, step 0, layers.0.post"));
        CHECK_FALSE(figure.caption.empty());
        CHECK_FALSE(figure.alt.empty());
        CHECK_FALSE(contains(figure.title, "nan"));
        // The description holds together: text files are written with and without gnuplot.
        draw(figure, folder / "figures");
        CHECK(std::filesystem::exists(folder / "figures" / (figure.stem + ".tsv")));
    }
    // The curve halves where the table does.
    const TableSlice curve =
        TableSlice(folder / "ablation_curves.tsv").where("part", "test").where("order", "greedy");
    const std::vector<double> accuracy = curve.numbers("accuracy");
    std::size_t half = 0;
    while (accuracy[half] > accuracy[0] / 2) ++half;
    CHECK(contains(report.figures[0].title, std::to_string(half) + " greedily"));
    // Off-diagonal cells of the interactions are symmetric, the diagonal is blank.
    const lab::HeatMap& map = *report.figures[2].panels[0].heat_map;
    REQUIRE(map.value.size() == 16);
    CHECK(std::isnan(map.value[0]));
    CHECK(map.value[1] == map.value[4]);
}

TEST_CASE("several trainings: figures of the first, medians of all") {
    const TemporaryFolder folder;
    for (const std::uint64_t seed : {4, 5, 6}) {
        analyses::write_ablation_tables(folder.path, quick_settings(), {planted_nine(seed)});
    }
    const CircuitReport report = ablation_report(folder.path, "planted");
    CHECK(contains(report.verdict, "Figures show this training; the tables, all 3."));
    for (const lab::Figure& figure : report.figures) CHECK(contains(figure.subtitle, "seed 4"));
    const lab::ReportTable& effects = report.tables[0];
    CHECK(contains(effects.note, "Medians over seeds"));
    std::vector<double> drops;
    for (const TableSlice& training : TableSlice(folder / "ablation_summary.tsv").trainings()) {
        drops.push_back(training.where("fact", "top_5_loss_change")
                            .where("part", "test")
                            .where("mode", "mean")
                            .first_number("value"));
    }
    bool is_found = false;
    for (const std::vector<std::string>& row : effects.rows) {
        if (!contains(row[0], "loss without the 5") || row[1] != "test") continue;
        is_found = true;
        CHECK(effects.columns[3] == "replaced by the mean");
        CHECK(row[3] == median_and_range(drops));
    }
    CHECK(is_found);
}

TEST_CASE("networks of different width are rows of their own") {
    const TemporaryFolder folder;
    for (const char* width : {"16", "32"}) {
        for (const char* seed : {"0", "1"}) {
            pairs::Snapshot snapshot = planted_nine(3);
            snapshot.labels = {{"width", width}, {"seed", seed}};
            analyses::write_ablation_tables(folder.path, quick_settings(), {snapshot});
        }
    }
    const std::vector<lab::ReportTable> tables = ablation_numbers(folder.path);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(tables[i].columns[0] == "network");
        CHECK(tables[i].rows.front()[0] == "width 16");
        CHECK(tables[i].rows.back()[0] == "width 32");
    }
}

TEST_CASE("checkpoints are drawn against the step, and the last one is judged") {
    const TemporaryFolder folder;
    std::vector<pairs::Snapshot> snapshots(3, planted_nine(2));
    for (std::size_t i = 0; i < 3; ++i) {
        snapshots[i].step = static_cast<std::int64_t>(10 * i);
        snapshots[i].theta *= 0.3 * static_cast<double>(i + 1);
    }
    analyses::write_ablation_tables(folder.path, quick_settings(), snapshots);
    const CircuitReport report = ablation_report(folder.path, "");
    CHECK(contains(report.verdict, "at step 20"));
    REQUIRE(stems(report)[3] == "ablation_over_time");
    const lab::Figure& figure = report.figures[3];
    CHECK(figure.panels[0].series[0].x == std::vector<double>{0, 10, 20});
    CHECK(figure.panels[1].series[0].y.size() == 3);
}

TEST_CASE("what is missing is left out: no tables, no test pairs, another node") {
    const TemporaryFolder empty;
    const CircuitReport nothing = ablation_report(empty.path, "");
    CHECK(nothing.verdict.empty());
    CHECK(nothing.figures.empty());

    const TemporaryFolder whole;
    analyses::write_ablation_tables(whole.path, quick_settings(), {planted_nine(2, 1)});
    const CircuitReport train = ablation_report(whole.path, "");
    CHECK(contains(train.verdict, "train accuracy"));
    CHECK(train.warnings[0] == "the split has no test pairs");
    CHECK(contains(train.figures[0].panels[0].y.label, "train accuracy"));

    const TemporaryFolder other;
    analyses::AblationSettings settings = quick_settings();
    settings.node = "layers.0.pre";
    analyses::write_ablation_tables(other.path, settings, {planted_nine(2)});
    const CircuitReport pre = ablation_report(other.path, "");
    CHECK(stems(pre) == std::vector<std::string>{"ablation_curves", "ablation_single",
                                                 "neuron_importance", "activation_heatmap",
                                                 "activation_vs_sum"});
    CHECK(pre.tables.size() == 2);
    CHECK(contains(pre.warnings[0], "layers.0.pre is not read out linearly"));
}

TEST_CASE("medians of one, several and no values") {
    CHECK(median_and_range({0.25}) == "0.25");
    CHECK(median_and_range({1, 3, 2}) == "2 (1 to 3)");
    CHECK(median_and_range({NAN, 2}) == "2");
    CHECK(median_and_range({2, 2}) == "2");
    CHECK(median_and_range({}) == "–");
}
