// The report of Fourier analysis from its tables: of one training and of many.
#include "experiments/analyses/fourier/fourier_report.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "experiments/analyses/fourier/fourier_findings.h"
#include "experiments/analyses/fourier/fourier_tables.h"
#include "tests/support/lab.h"
#include "tests/support/planted_snapshot.h"

namespace dualtape::analyses {

using namespace dualtape::report;

namespace {

using analyses::PlantedPhases;
using lab::contains;
using lab::TemporaryFolder;
using pairs::Snapshot;
using testing::planted_snapshot;

const analyses::PlantedSettings kPlanted{31, 54, {2, 5, 9}, PlantedPhases::lattice};

const lab::Figure* figure_of(const CircuitReport& report, const std::string& stem) {
    for (const lab::Figure& figure : report.figures) {
        if (figure.stem == stem) return &figure;
    }
    return nullptr;
}

const lab::ReportTable* table_of(const CircuitReport& report, const std::string& title) {
    for (const lab::ReportTable& table : report.tables) {
        if (table.title == title) return &table;
    }
    return nullptr;
}

const lab::Series* series_of(const lab::Panel& panel, const std::string& name) {
    for (const lab::Series& series : panel.series) {
        if (series.name == name) return &series;
    }
    return nullptr;
}

bool warns(const CircuitReport& report, const std::string& text) {
    return std::any_of(report.warnings.begin(), report.warnings.end(),
                       [&](const std::string& warning) { return contains(warning, text); });
}

// Twelve checkpoints between an untrained network and the planted one.
std::vector<Snapshot> training(std::uint64_t seed, const lab::Labels& labels = {}) {
    std::vector<Snapshot> snapshots;
    for (int i = 0; i < 12; ++i) {
        Snapshot snapshot =
            planted_snapshot(kPlanted, {.logit_scale = 30, .step = 10 * i, .seed = seed});
        const double part = std::min(1.0, i / 6.0);
        snapshot.theta = part * snapshot.theta + (1 - part) * snapshot.untrained;
        if (!labels.empty()) snapshot.labels = labels;
        snapshots.push_back(std::move(snapshot));
    }
    return snapshots;
}

}  // namespace

TEST_CASE("the report of one training names keys, shares and losses of its tables") {
    TemporaryFolder folder;
    write_fourier_tables(folder.path, {.node = "layers.0.pre", .permutations = 99}, training(0));
    const CircuitReport report = fourier_report(folder.path, "planted");
    CHECK(contains(report.verdict, "3 key frequencies by the neurons: 2, 5 and 9."));
    CHECK(contains(report.verdict, "of 54 of 54 live neurons (100 %)"));
    CHECK(contains(report.verdict, "Against 99 permutations of the tokens: p ≤ 0.01 for the mean"));
    for (const char* stem : {"embedding_fourier", "neuron_frequency", "neuron_explained",
                             "logit_frequencies", "neuron_phases", "progress_measures"}) {
        const lab::Figure* figure = figure_of(report, stem);
        REQUIRE_MESSAGE(figure != nullptr, stem);
        CHECK(contains(figure->subtitle, "planted"));
        CHECK_FALSE(figure->title.empty());
        CHECK_FALSE(figure->caption.empty());
        CHECK_FALSE(figure->alt.empty());
    }
    const lab::Figure& embedding = *figure_of(report, "embedding_fourier");
    CHECK(embedding.title ==
          "3 of 3 key frequencies of the network stand out in the table of tokens, above the noise "
          "floor");
    CHECK(series_of(embedding.panels[0], "key frequency")->x == std::vector<double>{2, 5, 9});
    CHECK(figure_of(report, "neuron_frequency")->title ==
          "100 % of the live neurons have one frequency");
    CHECK(figure_of(report, "logit_frequencies")->title ==
          "100 % of the variance of the logits lies on the keys");
    CHECK(contains(figure_of(report, "neuron_phases")->title, "agree: mean cosine 1"));

    // The lines are those of the table, a point for each checkpoint and a line for each key.
    const lab::Figure& progress = *figure_of(report, "progress_measures");
    REQUIRE(progress.panels.size() == 3);
    CHECK(contains(progress.title, "The keys carry the network"));
    const lab::Table table = lab::read_table(folder / "fourier_progress.tsv");
    CHECK(series_of(progress.panels[0], "test")->y == table.numbers("test_loss"));
    CHECK(series_of(progress.panels[0], "all, keys only (restricted)")->y ==
          table.numbers("restricted_loss"));
    const auto& lines = progress.panels[0].series;
    CHECK(std::count_if(lines.begin(), lines.end(), [](const lab::Series& series) {
              return series.name == "train, without one key" && series.x.size() == 12;
          }) == 3);
    CHECK(progress.panels[2].references[0].label == "memorised, at checkpoints");
    CHECK(contains(table_of(report, "Boundaries of the phases")->note, "grid of the checkpoints"));
    CHECK(table_of(report, "Permutations of the tokens")->rows[0][1] == "≤ 0.01");

    const lab::ReportTable* keys = table_of(report, "Key frequencies and neurons");
    REQUIRE(keys != nullptr);
    CHECK(keys->rows[0][2] == "2 5 9");
    CHECK(table_of(report, "Neurons by key frequency")->rows.size() == 3);
    CHECK(table_of(report, "Neurons by key frequency")->rows[0][2] == "18");
    CHECK(table_of(report, "Permutations of the tokens") != nullptr);
    CHECK(table_of(report, "Boundaries of the phases") != nullptr);
    CHECK(report.warnings.empty());
}

TEST_CASE("several seeds are a median with a band; several settings are figures of their own") {
    TemporaryFolder folder;
    for (const char* width : {"16", "32"}) {
        for (const std::uint64_t seed : {0, 1, 2}) {
            write_fourier_tables(
                folder.path, {.node = "layers.0.pre", .permutations = 0},
                training(seed, {{"width", width}, {"seed", std::to_string(seed)}}));
        }
    }
    const FourierFindings findings(folder.path);
    CHECK(findings.settings() == std::vector<std::string>{"width 16", "width 32"});
    CHECK(findings.of_setting("width 32").size() == 3);
    const CircuitReport report = fourier_report(folder.path, "planted");
    CHECK(contains(report.verdict, "width 16: 3 (3 to 3) key frequencies by the neurons"));
    CHECK(contains(report.verdict, "width 32: 3 (3 to 3)"));
    CHECK(figure_of(report, "progress_measures") == nullptr);
    const lab::Figure* progress = figure_of(report, "progress_measures-width16");
    REQUIRE(progress != nullptr);
    CHECK(progress->subtitle == "planted, width 16, 3 seeds");
    CHECK(series_of(progress->panels[0], "train")->low.size() == 12);
    CHECK(series_of(progress->panels[0], "train, without one key") == nullptr);
    // The first seed of each of the two settings.
    const lab::Figure* embedding = figure_of(report, "embedding_fourier");
    REQUIRE(embedding->panels.size() == 2);
    CHECK(embedding->panels[1].title == "width 32, seed 0");
    CHECK(contains(embedding->caption, "2 of 6 trainings"));
    CHECK(figure_of(report, "neuron_explained")->panels[0].series.size() == 2);
    CHECK(table_of(report, "Key frequencies and neurons")->rows.size() == 6);
    CHECK(table_of(report, "Permutations of the tokens") == nullptr);
    CHECK(warns(report, "Without permutations"));
}

TEST_CASE("what is missing is said, not drawn") {
    const auto report_of = [](const Snapshot& snapshot, const analyses::FourierSettings& settings) {
        TemporaryFolder folder;
        write_fourier_tables(folder.path, settings, {snapshot});
        return fourier_report(folder.path, "untrained");
    };
    const analyses::FourierSettings settings{.permutations = 19};
    // Raw integers have no table of tokens; one checkpoint has no progress.
    const models::MlpSettings raw{
        .input = models::MlpInput::raw, .modulus = 12, .num_classes = 12, .width = 16};
    const CircuitReport untrained = report_of(testing::untrained_snapshot(raw), settings);
    CHECK(figure_of(untrained, "embedding_fourier") == nullptr);
    CHECK(figure_of(untrained, "progress_measures") == nullptr);
    CHECK(figure_of(untrained, "neuron_frequency") != nullptr);
    CHECK(contains(untrained.verdict, "There is no key frequency by the neurons."));
    CHECK(contains(untrained.verdict, "the network has not generalised"));
    CHECK(warns(untrained, "p = 12 is even: the frequency 6 has no sine"));
    CHECK(warns(untrained, "frequencies 2 3 4 6 tell cosets of a subgroup apart"));
    CHECK(warns(untrained, "need 9 checkpoints or more"));

    models::MlpSettings network{
        .input = models::MlpInput::one_hot, .modulus = 7, .num_classes = 7, .width = 16};
    CHECK(warns(report_of(testing::untrained_snapshot(network, {.operation = "div"}), settings),
                "The task has 42 of the 49 pairs"));
    // A network of zeros: every neuron is dead.
    Snapshot dead = testing::untrained_snapshot(network);
    dead.theta.setZero();
    const CircuitReport report = report_of(dead, settings);
    CHECK(contains(report.verdict, "All neurons are dead."));
    CHECK(warns(report, "More than half of the neurons are dead"));
    CHECK(figure_of(report, "neuron_explained") == nullptr);

    TemporaryFolder empty;
    CHECK(contains(fourier_report(empty.path, "").verdict, "nothing to analyse"));
    CHECK(fourier_report(empty.path, "").figures.empty());
}

}  // namespace dualtape::analyses
