// What the network loses without units: against closed forms of planted networks, and against the
// whole network run with replaced activations.
#include <numeric>

#include <doctest/doctest.h>

#include "experiments/analyses/ablation/ablated_node.h"
#include "experiments/analyses/ablation/ablation_clusters.h"
#include "experiments/analyses/ablation/ablation_effects.h"
#include "experiments/analyses/ablation/ablation_tables.h"
#include "experiments/analyses/ablation/node_ablation.h"
#include "experiments/report/table_slice.h"
#include "tests/support/ablation_snapshots.h"
#include "tests/support/lab.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::analyses;
using namespace dualtape::testing;
using namespace dualtape::lab;
using namespace dualtape::pairs;
using lab::TemporaryFolder;
using report::TableSlice;

namespace {

double total(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

TEST_CASE("removing the units of a planted frequency costs its share of the correct logit") {
    const Snapshot snapshot = planted_nine();
    const TemporaryFolder folder;
    write_ablation_tables(folder.path, quick_settings(), {snapshot});
    // logit_c = 20 / 2 sum_k cos(w k (a + b - c)): each frequency has 10 of the label's 20. Single
    // units add up, as the logit is linear in them: even units are those of frequency 1.
    const TableSlice singles =
        TableSlice(folder / "ablation_single.tsv").where("mode", "zero").where("part", "test");
    const std::vector<double> unit = singles.numbers("unit"),
                              change = singles.numbers("correct_logit_change");
    REQUIRE(unit.size() == 36);
    double lost[2] = {0, 0};
    for (std::size_t i = 0; i < unit.size(); ++i) {
        lost[static_cast<int>(unit[i]) % 2] += change[i];
    }
    CHECK(lost[0] == doctest::Approx(-10).epsilon(1e-10));
    CHECK(lost[1] == doctest::Approx(-10).epsilon(1e-10));

    const TableSlice clusters = TableSlice(folder / "ablation_clusters.tsv").where("mode", "zero");
    CHECK(report::distinct(clusters.texts("frequency")) == std::vector<std::string>{"3"});
    for (const char* part : {"test", "train"}) {
        const TableSlice of = clusters.where("part", part);
        CHECK(of.first_text("units") == "1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31 33 35");
        for (const char* subset : {"removed", "kept"}) {
            CHECK(of.where("subset", subset).first_number("correct_logit_change") ==
                  doctest::Approx(-10).epsilon(1e-10));
        }
    }
    // Frequency 3 alone tells residues modulo 3 apart: with it three classes share the largest
    // logit, and the first of them is right for a third of the pairs or so. Frequency 1 is enough.
    const TableSlice test = clusters.where("part", "test");
    CHECK(test.where("subset", "removed").first_number("accuracy_change") == 0);
    CHECK(test.where("subset", "kept").first_number("accuracy_change") < -0.4);
    // Interactions of a linear quantity vanish.
    for (const double value :
         TableSlice(folder / "ablation_pairs.tsv").numbers("correct_logit_interaction")) {
        CHECK(std::abs(value) < 1e-12);
    }
}

TEST_CASE("with all units at zero the network is its output bias, exactly") {
    for (const Index depth : {1, 2}) {
        const Snapshot snapshot = embedded(depth);
        const AblationSettings settings = quick_settings();
        const AblatedNode node(snapshot, settings);
        const PartAblation part(node, settings, "test", "zero");
        const Vec<double> bias =
            analyses::output_layer<double>(snapshot.network->parameters(), snapshot.theta).bias;
        const Mat<double> logits = part.logits(node.order, 0);
        for (Index i = 0; i < logits.cols(); ++i) CHECK(logits.col(i) == bias);

        const TemporaryFolder folder;
        write_ablation_tables(folder.path, settings, {snapshot});
        const Numbers expected = numbers_of(logits, snapshot, snapshot.pairs->test);
        const TableSlice summary =
            TableSlice(folder / "ablation_summary.tsv").where("part", "test");
        CHECK(summary.where("fact", "all_zero_loss").first_number("value") ==
              doctest::Approx(expected.loss).epsilon(1e-14));
        CHECK(summary.where("fact", "all_zero_accuracy").first_number("value") ==
              doctest::Approx(expected.accuracy).epsilon(1e-14));
    }
}

TEST_CASE("single units at any node cost what the network run with replaced rows says") {
    const Snapshot snapshot = embedded(2);
    for (const char* name :
         {"layers.1.post", "layers.1.pre", "layers.0.post", "layers.0.pre", "input"}) {
        AblationSettings settings = quick_settings();
        settings.node = name;
        settings.modes = {"zero", "mean"};
        const TemporaryFolder folder;
        write_ablation_tables(folder.path, settings, {snapshot});
        const Mat<double> grid =
            snapshot.network->read(snapshot.theta, name, snapshot.network->all_pairs());
        const TableSlice rows(folder / "ablation_single.tsv");
        CHECK(rows.size() == static_cast<std::size_t>(2 * 2 * grid.rows()));
        for (const std::string part : {"test", "train"}) {
            const auto& pairs = part == "test" ? snapshot.pairs->test : snapshot.pairs->train;
            const Numbers clean = rerun(snapshot, name, {}, pairs, [](Index) { return 0.0; });
            for (const std::string mode : {"zero", "mean"}) {
                for (Index unit = 0; unit < grid.rows(); ++unit) {
                    INFO(name, " ", part, " ", mode, " unit ", unit);
                    const Numbers less = rerun(snapshot, name, {unit}, pairs, [&](Index row) {
                        return mode == "zero" ? 0.0 : grid.row(row).mean();
                    });
                    const TableSlice row = rows.where("part", part)
                                               .where("mode", mode)
                                               .where("unit", std::to_string(unit));
                    const auto near = [&](const char* column, double expected) {
                        CHECK(std::abs(row.first_number(column) - expected) < 1e-10);
                        CHECK(row.first_number((std::string(column) + "_low").c_str()) <=
                              expected + 1e-10);
                        CHECK(row.first_number((std::string(column) + "_high").c_str()) >=
                              expected - 1e-10);
                    };
                    near("loss_change", less.loss - clean.loss);
                    near("accuracy_change", less.accuracy - clean.accuracy);
                    near("correct_logit_change", less.correct_logit - clean.correct_logit);
                }
            }
        }
    }
}

TEST_CASE("curves and pairs agree with the network run with all replaced rows") {
    for (const char* name : {"layers.1.post", "layers.0.post"}) {
        const Snapshot snapshot = embedded(2);
        AblationSettings settings = quick_settings();
        settings.node = name;
        const TemporaryFolder folder;
        write_ablation_tables(folder.path, settings, {snapshot});
        const AblatedNode node(snapshot, settings);
        const auto zero = [](Index) { return 0.0; };
        for (const std::string part : {"test", "train"}) {
            const auto& pairs = part == "test" ? snapshot.pairs->test : snapshot.pairs->train;
            const TableSlice top = TableSlice(folder / "ablation_curves.tsv")
                                       .where("part", part)
                                       .where("order", "top");
            REQUIRE(top.size() == 7);
            for (Index count = 0; count <= 6; ++count) {
                const Numbers less = rerun(snapshot, name, node.top(count), pairs, zero);
                CHECK(std::abs(top.numbers("loss")[static_cast<std::size_t>(count)] - less.loss) <
                      1e-10);
            }
            if (!node.is_read_out) continue;
            const Numbers clean = rerun(snapshot, name, {}, pairs, zero);
            const TableSlice rows = TableSlice(folder / "ablation_pairs.tsv").where("part", part);
            CHECK(rows.size() == 4 * 3 / 2);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const auto first = static_cast<Index>(rows.numbers("first")[i]),
                           second = static_cast<Index>(rows.numbers("second")[i]);
                const double both = rerun(snapshot, name, {first, second}, pairs, zero).loss,
                             one = rerun(snapshot, name, {first}, pairs, zero).loss,
                             other = rerun(snapshot, name, {second}, pairs, zero).loss;
                CHECK(std::abs(rows.numbers("loss_change")[i] - (both - clean.loss)) < 1e-10);
                CHECK(std::abs(rows.numbers("loss_interaction")[i] -
                               (both - one - other + clean.loss)) < 1e-10);
            }
        }
        // Without a linear readout there is one order, and neither pairs nor circuits.
        const TableSlice curves(folder / "ablation_curves.tsv");
        const std::vector<std::string> orders = report::distinct(curves.texts("order"));
        CHECK(orders.size() == (node.is_read_out ? 4 : 1));
        for (const char* table :
             {"ablation_pairs.tsv", "minimal_circuit.tsv", "ablation_clusters.tsv"}) {
            CHECK(fs::exists(folder / table) == node.is_read_out);
        }
    }
}

TEST_CASE("the minimal circuit is the end of the greedy curve, beside random sets of its size") {
    const Snapshot snapshot = planted_nine();
    const TemporaryFolder folder;
    write_ablation_tables(folder.path, quick_settings(), {snapshot});
    const TableSlice circuits(folder / "minimal_circuit.tsv");
    CHECK(circuits.size() == 2 * 2);
    for (const std::string part : {"test", "train"}) {
        for (const std::string share : {"0.99", "0.9"}) {
            const TableSlice row = circuits.where("part", part).where("share", share);
            const auto size = static_cast<int>(row.first_number("size"));
            const auto at_size = [&](const char* order) {
                return TableSlice(folder / "ablation_curves.tsv")
                    .where("part", part)
                    .where("order", order)
                    .where("num_ablated", std::to_string(36 - size));
            };
            CHECK(row.first_number("accuracy") == at_size("greedy").first_number("accuracy"));
            CHECK(row.first_number("loss") == at_size("greedy").first_number("loss"));
            CHECK(row.first_number("random_accuracy") ==
                  at_size("random").first_number("accuracy"));
            CHECK(std::isnan(row.first_number("random_size")) == (part == "test"));
            if (part == "train") CHECK(row.first_number("accuracy") >= std::stod(share));
        }
    }
}

TEST_CASE("exchanging units exchanges rows and changes nothing else") {
    const Snapshot snapshot = planted_nine();
    // Unit j of the other network is unit 35 - j of this one.
    Snapshot turned = snapshot;
    const Index p = 9, width = 36;
    Eigen::Map<Mat<double>> first(turned.theta.data(), width, 2 * p);
    Eigen::Map<Mat<double>> last(turned.theta.data() + width * 2 * p + width, p, width);
    first = Mat<double>(first.colwise().reverse());
    last = Mat<double>(last.rowwise().reverse());
    const TemporaryFolder here, there;
    AblationSettings settings = quick_settings();
    settings.importance = "logit_effect";
    write_ablation_tables(here.path, settings, {snapshot});
    write_ablation_tables(there.path, settings, {turned});
    for (const char* column : {"loss_change", "margin_change", "kl", "importance"}) {
        for (const char* mode : {"zero", "mean", "resample"}) {
            const TableSlice a = TableSlice(here / "ablation_single.tsv").where("mode", mode),
                             b = TableSlice(there / "ablation_single.tsv").where("mode", mode);
            for (int unit = 0; unit < width; ++unit) {
                const double difference =
                    a.where("unit", std::to_string(unit)).first_number(column) -
                    b.where("unit", std::to_string(35 - unit)).first_number(column);
                CHECK(std::abs(difference) < 1e-10);
            }
        }
    }
    const TableSlice a = TableSlice(here / "ablation_clusters.tsv").where("subset", "removed"),
                     b = TableSlice(there / "ablation_clusters.tsv").where("subset", "removed");
    CHECK(a.size() == b.size());
    CHECK(std::abs(total(a.numbers("loss_change")) - total(b.numbers("loss_change"))) < 1e-10);
}

TEST_CASE("frequencies of an embedding are projected out, or kept with the constant") {
    Snapshot snapshot = embedded(1);
    // The table lies first: feature f is cos(2 pi f x / 7), of frequencies 0, 1, 2 and 3.
    const Index features = 4, p = 7;
    REQUIRE(snapshot.network->parameters()[0].is_table);
    Eigen::Map<Mat<double>> table(snapshot.theta.data(), features, p);
    for (Index x = 0; x < p; ++x) {
        for (Index f = 0; f < features; ++f) {
            table(f, x) = std::cos(2 * M_PI * static_cast<double>(f * x) / p);
        }
    }
    const auto check = [&](const Vec<double>& theta, const std::vector<bool>& is_left) {
        const Eigen::Map<const Mat<double>> left(theta.data(), features, p);
        for (Index f = 0; f < features; ++f) {
            const double size = is_left[static_cast<std::size_t>(f)] ? 1 : 0;
            CHECK((left.row(f) - size * table.row(f)).norm() < 1e-12);
        }
        const Index rest = snapshot.theta.size() - features * p;
        CHECK(theta.tail(rest) == snapshot.theta.tail(rest));
    };
    check(without_frequencies(snapshot, {2}), {true, true, false, true});
    check(with_only_frequencies(snapshot, {2}), {true, false, true, false});
    check(without_frequencies(snapshot, {1, 2, 3}), {true, false, false, false});

    // In the table: the network run with that theta, on its own pairs.
    const TemporaryFolder folder;
    write_ablation_tables(folder.path, quick_settings(), {snapshot});
    const TableSlice rows = TableSlice(folder / "ablation_clusters.tsv").where("kind", "embedding");
    const auto loss_at = [&](const Vec<double>& theta) {
        const auto& pairs = snapshot.pairs->test;
        return numbers_of(snapshot.network->read(theta, "logits", pairs), snapshot, pairs).loss;
    };
    for (const Index k : {1, 2, 3}) {
        const TableSlice of = rows.where("part", "test").where("frequency", std::to_string(k));
        CHECK(std::abs(of.where("subset", "removed").first_number("loss_change") -
                       (loss_at(without_frequencies(snapshot, {k})) - loss_at(snapshot.theta))) <
              1e-10);
        CHECK(std::abs(of.where("subset", "kept").first_number("loss_change") -
                       (loss_at(with_only_frequencies(snapshot, {k})) - loss_at(snapshot.theta))) <
              1e-10);
    }
    CHECK_THROWS_WITH_AS(without_frequencies(planted_nine(), {1}),
                         doctest::Contains("no embedding"), std::invalid_argument);
    CHECK_THROWS_AS(without_frequencies(snapshot, {4}), std::invalid_argument);
}

TEST_CASE("points of a curve reach from no unit to all") {
    struct Case {
        Index units;
        std::int64_t points;
        std::vector<Index> counts;
    };
    for (const Case& of : std::vector<Case>{{3, lab::kAutoInteger, {0, 1, 2, 3}},
                                            {3, 9, {0, 1, 2, 3}},
                                            {10, 3, {0, 5, 10}},
                                            {10, 2, {0, 10}}}) {
        CHECK(curve_counts(of.units, of.points) == of.counts);
    }
    CHECK(curve_counts(256, lab::kAutoInteger).size() == 257);
    const std::vector<Index> many = curve_counts(257, lab::kAutoInteger);
    CHECK(many.size() == 100);
    CHECK(many.back() == 257);
}
