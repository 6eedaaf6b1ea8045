// Tables of ablation: units and their importance, which tables are written, what is refused.
#include <doctest/doctest.h>

#include "experiments/analyses/ablation/ablated_node.h"
#include "experiments/analyses/ablation/ablation_tables.h"
#include "experiments/report/table_slice.h"
#include "tests/support/ablation_snapshots.h"
#include "tests/support/lab.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::analyses;
using namespace dualtape::testing;
using namespace dualtape::pairs;
using lab::TemporaryFolder;
using report::TableSlice;

TEST_CASE("importance is measured on all pairs, on a sample, and by every measure") {
    const Snapshot snapshot = embedded(1);
    const Mat<double> grid =
        snapshot.network->read(snapshot.theta, "layers.0.post", snapshot.network->all_pairs());
    AblationSettings settings = quick_settings();
    CHECK((AblatedNode(snapshot, settings).ranked_by - grid.cwiseAbs().rowwise().mean()).norm() <
          1e-12);
    // d loss / d h against a central difference of the loss of every pair, in the mean over pairs.
    const AblatedNode node(snapshot, settings);
    const auto& all = node.existing;
    for (Index unit = 0; unit < node.units(); ++unit) {
        const auto loss = [&](double scale) {
            Mat<double> values = grid;
            values.row(unit) *= scale;
            return numbers_of(
                       snapshot.network->logits_from(snapshot.theta, "layers.0.post", values, all),
                       snapshot, all)
                .loss;
        };
        CHECK(node.importance.attribution(unit) ==
              doctest::Approx((loss(1 + 1e-5) - loss(1 - 1e-5)) / 2e-5).epsilon(1e-6));
    }
    settings.importance_sample = 20;
    const AblatedNode sampled(snapshot, settings);
    CHECK((sampled.ranked_by - node.ranked_by).norm() > 1e-6);
    for (const char* measure :
         {"mean_magnitude", "variance", "logit_effect", "attribution_magnitude"}) {
        settings.importance = measure;
        const AblatedNode ranked(snapshot, settings);
        for (std::size_t i = 1; i < ranked.order.size(); ++i) {
            CHECK(ranked.ranked_by(ranked.order[i - 1]) >= ranked.ranked_by(ranked.order[i]));
        }
        const TemporaryFolder folder;
        write_ablation_tables(folder.path, settings, {snapshot});
        const TableSlice rows(folder / "neurons.tsv");
        CHECK(rows.numbers("importance") == rows.numbers(measure));
        CHECK(rows.first_text("ranked_by") == measure);
    }
}

TEST_CASE("maps and profiles of the most important units are their activations") {
    const Snapshot snapshot = embedded(1);
    const TemporaryFolder folder;
    write_ablation_tables(folder.path, quick_settings(), {snapshot});
    const Mat<double> grid =
        snapshot.network->read(snapshot.theta, "layers.0.post", snapshot.network->all_pairs());
    const TableSlice maps(folder / "activation_maps.tsv");
    REQUIRE(maps.size() == 6 * 49);
    const std::vector<double> unit = maps.numbers("unit"), a = maps.numbers("a"),
                              b = maps.numbers("b"), activation = maps.numbers("activation");
    for (std::size_t i = 0; i < maps.size(); ++i) {
        const auto pair = static_cast<Index>(7 * a[i] + b[i]);
        CHECK(static_cast<float>(activation[i]) ==
              static_cast<float>(grid(static_cast<Index>(unit[i]), pair)));
    }
    const TableSlice profile =
        TableSlice(folder / "activation_profiles.tsv").where("against", "a - b").where("rank", "1");
    const auto top = static_cast<Index>(profile.first_number("unit"));
    for (Index residue = 0; residue < 7; ++residue) {
        double mean = 0;
        for (Index y = 0; y < 7; ++y) mean += grid(top, 7 * ((y + residue) % 7) + y) / 7;
        CHECK(profile.numbers("mean")[static_cast<std::size_t>(residue)] ==
              doctest::Approx(mean).epsilon(1e-12));
    }
}

TEST_CASE("all tables at the last checkpoint, or at every one; the summary always") {
    std::vector<Snapshot> snapshots{embedded(1), embedded(1)};
    snapshots[0].theta *= 0.5;
    snapshots[1].step = 10;
    AblationSettings settings = quick_settings();
    const auto steps = [&](const char* table) {
        const TemporaryFolder folder;
        write_ablation_tables(folder.path, settings, snapshots);
        return report::distinct(TableSlice(folder / table).texts("step"));
    };
    CHECK(steps("ablation_summary.tsv") == std::vector<std::string>{"0", "10"});
    for (const std::string& table : ablation_tables()) {
        if (table == "ablation_summary.tsv") continue;
        settings.every = false;
        CHECK(steps(table.c_str()) == std::vector<std::string>{"10"});
        settings.every = true;
        CHECK(steps(table.c_str()) == std::vector<std::string>{"0", "10"});
    }
}

TEST_CASE("a split without test pairs gives rows of the train part, and says so") {
    const Snapshot snapshot = embedded(1, 1);
    REQUIRE(snapshot.pairs->test.empty());
    const TemporaryFolder folder;
    write_ablation_tables(folder.path, quick_settings(), {snapshot});
    for (const char* table : {"ablation_single.tsv", "ablation_curves.tsv", "ablation_pairs.tsv",
                              "minimal_circuit.tsv", "ablation_clusters.tsv"}) {
        CHECK(report::distinct(TableSlice(folder / table).texts("part")) ==
              std::vector<std::string>{"train"});
    }
    const TableSlice missing = TableSlice(folder / "ablation_summary.tsv").where("part", "test");
    CHECK(missing.size() == 1);
    CHECK(missing.first_text("note") == "the split has no test pairs");
}

TEST_CASE("what cannot be measured is left out with a note, and nothing is written of NaN") {
    const models::MlpSettings network{
        .input = models::MlpInput::one_hot, .modulus = 7, .num_classes = 7, .width = 5, .depth = 1};
    for (const char* operation : {"div", "add"}) {
        const TemporaryFolder folder;
        write_ablation_tables(folder.path, quick_settings(),
                              {untrained_snapshot(network, {.operation = operation})});
        const std::string note = TableSlice(folder / "ablation_summary.tsv")
                                     .where("fact", "embedding_frequencies")
                                     .first_text("note");
        CHECK(lab::contains(note, std::string(operation) == "div"
                                      ? "does not live on the grid"
                                      : "no frequencies of an embedding"));
    }
    Snapshot broken = embedded(1);
    broken.theta(3) = NAN;
    const TemporaryFolder folder;
    CHECK(lab::contains(
        lab::refusal([&] { write_ablation_tables(folder.path, quick_settings(), {broken}); }),
        "step 0: activations of the network are not finite | take an earlier checkpoint"));
    CHECK(fs::is_empty(folder.path));
}

TEST_CASE("settings that do not fit the network are refused with what there is") {
    const Snapshot snapshot = embedded(2), plain = planted_nine();
    const auto refusal = [](const Snapshot& of, auto change) {
        AblationSettings settings;
        change(settings);
        return lab::refusal([&] { check_ablation(settings, of); });
    };
    struct Case {
        const Snapshot& snapshot;
        std::function<void(AblationSettings&)> change;
        std::string message;
    };
    const std::vector<Case> cases{
        {snapshot, [](auto&) {}, "accepted"},
        {snapshot, [](auto& s) { s.node = "input"; }, "accepted"},
        {snapshot, [](auto& s) { s.node = "layers.0.pots"; },
         "--ablation-node layers.0.pots: no such node can be ablated | did you mean layers.0.po"},
        {snapshot, [](auto& s) { s.node = "logits"; }, "no such node can be ablated"},
        {plain, [](auto& s) { s.node = "input"; },
         "no such node can be ablated | choose one of layers.0.pre, layers.0.post"},
        {snapshot,
         [](auto& s) {
             s.neurons = {2, 6};
         },
         "--ablation-neurons 6: layers.1.post has 6 units, from 0 to 5"},
        {snapshot,
         [](auto& s) {
             s.neurons = {6};
             s.node = "input";
         },
         "accepted"},
        {snapshot, [](auto& s) { s.importance_sample = 1000; },
         "draw at most as many, or take all with 0"},
        {snapshot,
         [](auto& s) {
             s.node = "layers.0.post";
             s.importance = "logit_effect";
         },
         "is known of layers.1.post alone, not of layers.0.post"}};
    for (const Case& of : cases) {
        CHECK_MESSAGE(lab::contains(refusal(of.snapshot, of.change), of.message), of.message);
    }
}

TEST_CASE("listed units alone are ablated one by one, and together") {
    const Snapshot snapshot = embedded(1);
    AblationSettings settings = quick_settings();
    settings.neurons = {4, 1};
    const TemporaryFolder folder;
    write_ablation_tables(folder.path, settings, {snapshot});
    CHECK(report::distinct(TableSlice(folder / "ablation_single.tsv").texts("unit")) ==
          std::vector<std::string>{"4", "1"});
    const TableSlice listed = TableSlice(folder / "ablation_summary.tsv")
                                  .where("fact", "listed_loss_change")
                                  .where("part", "test")
                                  .where("mode", "zero");
    const auto& pairs = snapshot.pairs->test;
    const auto loss = [&](const std::vector<Index>& units) {
        return rerun(snapshot, "layers.0.post", units, pairs, [](Index) { return 0.0; }).loss;
    };
    CHECK(std::abs(listed.first_number("value") - (loss({4, 1}) - loss({}))) < 1e-10);
    CHECK(listed.first_text("units") == "4 1");
}

TEST_CASE("tables have the same bytes for any number of threads") {
    for (const char* node : {"", "layers.0.post"}) {
        AblationSettings settings = quick_settings();
        settings.node = node;
        const auto write = [&](const fs::path& folder, int threads) {
            Snapshot snapshot = embedded(2);
            snapshot.threads = threads;
            snapshot.network =
                std::make_shared<pairs::PairNetwork>(snapshot.network->settings(), threads);
            write_ablation_tables(folder, settings, {snapshot});
        };
        const TemporaryFolder one;
        write(one.path, 1);
        for (const int threads : {2, 3}) {
            const TemporaryFolder more;
            write(more.path, threads);
            for (const std::string& table : ablation_tables()) {
                INFO(table, " ", threads);
                CHECK(fs::exists(one / table) == fs::exists(more / table));
                CHECK(lab::slurp(one / table) == lab::slurp(more / table));
            }
        }
    }
}
