#include "experiments/analyses/probes/probe_tables.h"

#include <cmath>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "experiments/analyses/probes/probed_pairs.h"
#include "experiments/analyses/probes/scores.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/table.h"
#include "experiments/pairs/split.h"
#include "tests/support/lab.h"
#include "tests/support/planted_snapshot.h"

namespace dualtape::analyses {

using namespace dualtape::pairs;
namespace {

using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;
using testing::planted_snapshot;
using testing::untrained_snapshot;

using Where = std::map<std::string, std::string>;

// The cell of the one row with these cells.
std::string cell(const lab::Table& table, const Where& where, const std::string& column) {
    std::vector<std::size_t> found;
    for (std::size_t row = 0; row < table.num_rows(); ++row) {
        bool fits = true;
        for (const auto& [name, text] : where) {
            fits = fits && table.rows[row][table.column(name)] == text;
        }
        if (fits) found.push_back(row);
    }
    REQUIRE(found.size() == 1);
    return table.rows[found[0]][table.column(column)];
}

double number(const lab::Table& table, const Where& where, const std::string& column) {
    return std::stod(cell(table, where, column));
}

Where probe(const std::string& node, const std::string& name, const std::string& control = "none",
            const std::string& protocol = "held_out") {
    return {{"node", node}, {"concept", name}, {"control", control}, {"protocol", protocol}};
}

// p = 11 with the frequencies 2 and 5, exact.
const analyses::PlantedSettings kPlanted{
    .modulus = 11, .width = 36, .frequencies = {2, 5}, .phases = analyses::PlantedPhases::lattice};

models::MlpSettings network_on(models::MlpInput input, Index p) {
    return {.input = input, .modulus = p, .num_classes = p, .width = 8, .depth = 1};
}

// What an InputError says, with its hint.
template <class Call>
std::string message_of(const Call& call) {
    try {
        call();
    } catch (const lab::InputError& error) {
        return error.what() + std::string("; ") + error.hint();
    }
    return "no error";
}

}  // namespace

TEST_CASE("phases of a planted network are read at its frequencies and nowhere else") {
    TemporaryFolder folder;
    write_probe_tables(folder.path, {.concepts = {}, .time_concepts = {}},
                       {planted_snapshot(kPlanted)});
    const lab::Table phases = lab::read_table(folder / "fourier_probes.tsv");
    CHECK(phases.num_rows() == 4 * 2 * 5);  // nodes, operands, frequencies
    for (const std::string frequency : {"1", "2", "3", "4", "5"}) {
        const bool is_planted = frequency == "2" || frequency == "5";
        INFO("k = ", frequency);
        const auto of = [&](const char* node, const char* operand, const char* column) {
            return number(phases, {{"node", node}, {"operand", operand}, {"frequency", frequency}},
                          column);
        };
        const auto r2 = [&](const char* node, const char* operand) {
            return of(node, operand, "r2");
        };
        for (const char* node : {"input", "layers.0.post", "logits"}) {
            CHECK(of(node, "sum", "wave_r2") >= r2(node, "sum"));
        }
        // Logits are cosines of k (x + y - q) for the planted k; one-hots hold every phase of x,
        // and none of the sum, which is no sum of functions of x and of y.
        if (is_planted) {
            CHECK(r2("logits", "sum") > 0.999);
            CHECK(r2("layers.0.post", "sum") > 0.999);
        } else {
            CHECK(r2("logits", "sum") < 0.2);
        }
        CHECK(r2("logits", "x") < 0.2);
        CHECK(r2("input", "x") > 0.999);
        CHECK(r2("input", "sum") < 0.2);
    }
}

TEST_CASE("one-hots hold the parity of x and not that of x + y; labels shuffled hold nothing") {
    TemporaryFolder folder;
    write_probe_tables(folder.path,
                       {.nodes = {"input"},
                        .concepts = {"x_even", "x_even_xor_y_even", "x_class"},
                        .part = "all",
                        .penalties = {1, 1e-2}},
                       {untrained_snapshot(network_on(models::MlpInput::one_hot, 13))});
    const lab::Table probes = lab::read_table(folder / "probes.tsv");
    CHECK(number(probes, probe("input", "x_even"), "accuracy") == 1);
    CHECK(number(probes, probe("input", "x_even"), "accuracy_low") == 1);
    CHECK(number(probes, probe("input", "x_even"), "p_value_balanced_accuracy") ==
          doctest::Approx(1.0 / 21).epsilon(1e-15));
    CHECK(number(probes, probe("input", "x_even_xor_y_even"), "p_value_balanced_accuracy") > 0.05);
    CHECK(number(probes, probe("input", "x_even_xor_y_even"), "balanced_accuracy") < 0.6);
    for (const std::string name : {"x_even", "x_even_xor_y_even"}) {
        const Where shuffled = probe("input", name, "shuffled");
        CHECK(number(probes, shuffled, "balanced_accuracy_low") < 0.5);
        CHECK(number(probes, shuffled, "balanced_accuracy_high") > 0.5);
        CHECK(std::abs(number(probes, shuffled, "roc_auc") - 0.5) < 0.05);
        CHECK(cell(probes, shuffled, "bits_gained").empty());
    }
    // Random labels of x are as easy as its parity: no selectivity. The network before its first
    // step sees the same input.
    const lab::Table selectivity = lab::read_table(folder / "probe_selectivity.tsv");
    CHECK(number(selectivity, {{"concept", "x_even"}}, "selectivity") == 0);
    CHECK(cell(probes, probe("input", "x_even", "untrained"), "bits_gained") ==
          cell(probes, probe("input", "x_even"), "bits_gained"));
    // x has a class of its own for each value, and none that is positive.
    CHECK(number(probes, probe("input", "x_class"), "accuracy") == 1);
    CHECK(number(probes, probe("input", "x_class", "untrained"), "balanced_accuracy") == 1);
    CHECK(cell(probes, probe("input", "x_class"), "prevalence").empty());
    // Inputs that are the pair itself cannot be erased.
    CHECK(lab::read_table(folder / "erasure.tsv").num_rows() == 0);
}

TEST_CASE("pairs to probe of a run without test pairs are the last ones of a permutation") {
    const pairs::Task task = pairs::make_task({.operation = "add", .p = 97});
    const pairs::PairTable table =
        pairs::make_pair_table(task, pairs::make_split(task, {.train_fraction = 1}));
    for (const std::string& generator : pairs::split_generators()) {
        INFO(generator);
        const ProbedPairs probed = choose_pairs({.split_generator = generator}, table);
        CHECK(probed.numbers ==
              pairs::make_split(task, {.train_fraction = 0.8, .seed = 42, .generator = generator})
                  .test);
        CHECK(probed.seen_in_training);
    }
}

TEST_CASE("the literal protocol reads no parity from two integers: the majority exactly") {
    TemporaryFolder folder;
    write_probe_tables(folder.path, {.nodes = {"input", "layers.0.pre"}, .part = "all"},
                       {untrained_snapshot(network_on(models::MlpInput::raw, 11))});
    const lab::Table probes = lab::read_table(folder / "probes.tsv");
    for (const std::string node : {"input", "layers.0.pre"}) {
        for (const std::string protocol : {"literal", "literal_converged"}) {
            const Where at = probe(node, "x_even", "none", protocol);
            CHECK(number(probes, at, "accuracy") == doctest::Approx(6.0 / 11).epsilon(1e-15));
            CHECK(number(probes, at, "base_rate") == doctest::Approx(6.0 / 11).epsilon(1e-15));
        }
    }
    CHECK(number(probes, probe("input", "x_high"), "accuracy") > 0.9);
    for (const analyses::ScoreKind& score : analyses::kScoreKinds) {
        for (const char* end : {"_low", "_high"}) {
            INFO(score.name, end);
            for (const double bound : probes.numbers(std::string(score.name) + end)) {
                CHECK_FALSE(bound > score.most);
                CHECK_FALSE(bound < score.least);
            }
        }
    }
}

TEST_CASE("erasing the direction of a probe costs the planted network its answers") {
    TemporaryFolder folder;
    // One frequency: logits are points of a circle in a plane. On the line that is left of it the
    // largest logit is one of two classes.
    write_probe_tables(folder.path, {.nodes = {"logits"}, .concepts = {"sum_even"}, .part = "all"},
                       {planted_snapshot({.modulus = 11,
                                          .width = 36,
                                          .frequencies = {1},
                                          .phases = analyses::PlantedPhases::lattice})});
    const lab::Table erasure = lab::read_table(folder / "erasure.tsv");
    CHECK(erasure.num_rows() == 1 + 20);
    const Where along{{"concept", "sum_even"}, {"direction", "probe"}};
    CHECK(number(erasure, along, "before") == 1);
    CHECK(number(erasure, along, "after") < 2.5 / 11);
    CHECK(number(erasure, along, "change") == number(erasure, along, "after") - 1);
    CHECK(number(erasure, along, "removed_variance") == doctest::Approx(0.5).epsilon(1e-6));
    // Random directions of eleven dimensions remove 1 / 11 on average, of the plane 2 / 11 of it.
    double removed = 0;
    for (int i = 0; i < 20; ++i) {
        removed += number(erasure, {{"direction", std::to_string(i)}}, "removed_variance") / 20;
    }
    CHECK(removed == doctest::Approx(1.0 / 11).epsilon(0.5));
}

TEST_CASE("earlier snapshots are read for a few concepts without controls, the last for all") {
    TemporaryFolder folder;
    Snapshot first = planted_snapshot(kPlanted), last = first;
    first.theta = first.untrained;
    last.step = 40;
    write_probe_tables(folder.path, {.concepts = {"x_even", "carry"}, .time_concepts = {"x_even"}},
                       {first, last});
    const lab::Table probes = lab::read_table(folder / "probes.tsv");
    std::map<std::string, std::map<std::string, std::set<std::string>>> seen;
    for (const auto& row : probes.rows) {
        seen[row[probes.column("step")]][row[probes.column("concept")]].insert(
            row[probes.column("control")] + " " + row[probes.column("protocol")]);
    }
    CHECK(probes.columns[0] == "seed");
    CHECK(seen["0"].size() == 1);
    CHECK(seen["0"]["x_even"] == std::set<std::string>{"none held_out"});
    CHECK(seen["40"]["carry"] == std::set<std::string>{"none held_out", "none literal",
                                                       "none literal_converged",
                                                       "shuffled held_out", "untrained held_out",
                                                       "control_task held_out"});
    // One-hots are the same at all steps.
    Where at_input = probe("input", "x_even");
    at_input["step"] = "0";
    const std::string before = cell(probes, at_input, "bits_gained");
    at_input["step"] = "40";
    CHECK(cell(probes, at_input, "bits_gained") == before);
    const lab::Table phases = lab::read_table(folder / "fourier_probes.tsv");
    Where phase{{"node", "logits"}, {"operand", "sum"}, {"frequency", "2"}, {"step", "0"}};
    CHECK(cell(phases, phase, "untrained_r2").empty());
    const double untrained = number(phases, phase, "r2");
    phase["step"] = "40";
    CHECK(number(phases, phase, "untrained_r2") == untrained);
    CHECK(untrained < 0.9);
}

TEST_CASE("tables are the same for any number of threads") {
    TemporaryFolder folder;
    const auto write = [&](const char* name, int threads) {
        std::filesystem::create_directory(folder / name);
        write_probe_tables(folder / name,
                           {.concepts = {"x_even", "carry"}, .repeats = 2, .permutations = 3},
                           {planted_snapshot(kPlanted, {.threads = threads})});
    };
    write("one", 1);
    write("three", 3);
    for (const std::string& table : probe_tables()) {
        CHECK_MESSAGE(slurp(folder / "one" / table) == slurp(folder / "three" / table), table);
    }
}

TEST_CASE("what cannot be probed is a row that says why") {
    TemporaryFolder folder;
    Snapshot snapshot = planted_snapshot(kPlanted);
    auto pairs = std::make_shared<pairs::PairTable>(*snapshot.pairs);
    // Held out: x even, and four pairs of sum 0.
    pairs->test.clear();
    for (std::int32_t x = 0; x < 8; x += 2) {
        for (std::int32_t y = 0; y < 11; ++y) pairs->test.push_back(x * 11 + y);
    }
    snapshot.pairs = pairs;
    const ProbeSettings settings{.nodes = {"logits"},
                                 .concepts = {"x_even", "sum_is_zero", "sum_even"},
                                 .time_concepts = {}};
    write_probe_tables(folder.path, settings, {snapshot});
    const lab::Table probes = lab::read_table(folder / "probes.tsv");
    const auto note = [&](const char* name) {
        CHECK(cell(probes, {{"concept", name}}, "accuracy").empty());
        return cell(probes, {{"concept", name}}, "note");
    };
    CHECK(note("x_even") == "not probed: one class only");
    CHECK(contains(note("sum_is_zero"), "class 1 has 4 samples"));
    CHECK(cell(probes, probe("logits", "sum_even"), "n") == "44");
    CHECK(cell(probes, {{"concept", "sum_is_zero"}}, "is_rare") == "0");
    CHECK(contains(cell(lab::read_table(folder / "erasure.tsv"),
                        {{"concept", "x_even"}, {"direction", "probe"}}, "note"),
                   "not erased"));

    // A training that diverged.
    snapshot.theta.setConstant(std::nan(""));
    std::filesystem::create_directory(folder / "nan");
    write_probe_tables(folder / "nan", settings, {snapshot});
    CHECK(contains(
        cell(lab::read_table(folder / "nan/probes.tsv"), {{"concept", "sum_even"}}, "note"),
        "not finite"));
    CHECK(contains(slurp(folder / "nan/fourier_probes.tsv"), "not finite"));

    // A network that says nothing.
    snapshot.theta.setZero();
    std::filesystem::create_directory(folder / "zero");
    write_probe_tables(folder / "zero", settings, {snapshot});
    CHECK(number(lab::read_table(folder / "zero/probes.tsv"), probe("logits", "sum_even"),
                 "balanced_accuracy") == 0.5);
}

TEST_CASE("a run without test pairs is probed on a split of its own, and the table says so") {
    TemporaryFolder folder;
    Snapshot snapshot = planted_snapshot(kPlanted, {.train_fraction = 1});
    write_probe_tables(folder.path, {.nodes = {"logits"}, .concepts = {"x_even"}}, {snapshot});
    const lab::Table probes = lab::read_table(folder / "probes.tsv");
    CHECK(cell(probes, probe("logits", "x_even"), "n") == "25");  // 121 - int(0.8 * 121)
    CHECK(cell(probes, probe("logits", "x_even"), "seen_in_training") == "1");
    // The pairs that a split with this seed would have left for testing.
    const pairs::Task task = pairs::make_task({.operation = "add", .p = 11});
    const pairs::Split split = pairs::make_split(task, {.train_fraction = 0.8, .seed = 42});
    CHECK(choose_pairs({}, *snapshot.pairs).numbers == split.test);
    const Snapshot half = planted_snapshot(kPlanted);
    CHECK(choose_pairs({}, *half.pairs).numbers == half.pairs->test);
    CHECK_FALSE(choose_pairs({}, *half.pairs).seen_in_training);
    CHECK(choose_pairs({.part = "train"}, *half.pairs).numbers == half.pairs->train);
    CHECK(choose_pairs({.part = "all"}, *half.pairs).seen_in_training);
}

TEST_CASE("settings that do not fit name the thing and the remedy, and write nothing") {
    TemporaryFolder folder;
    const Snapshot snapshot = planted_snapshot(kPlanted);
    Snapshot even = snapshot;
    auto pairs = std::make_shared<pairs::PairTable>(*snapshot.pairs);
    pairs->test = {0, 1, 2, 3, 4, 5, 6, 7};
    even.pairs = pairs;
    struct Case {
        ProbeSettings settings;
        const Snapshot& of;
        const char *what, *hint;
    };
    const Case cases[] = {
        {{.nodes = {"layers.0.pst"}}, snapshot, "is no node", "\"layers.0.post\""},
        {{.nodes = {"embedding"}}, snapshot, "is no node", "there are input"},
        {{.concepts = {"x_evem"}}, snapshot, "is no concept", "\"x_even\""},
        {{.time_concepts = {"parity"}}, snapshot, "is no concept", "there are x_even"},
        {{.concepts = {"fourier_phase_sum_3"}}, snapshot, "real values", "--probe-fourier"},
        {{.concepts = {"x_even"}, .fourier_operands = {}},
         even,
         "nothing is left",
         "add a concept"},
        {{.folds = 8}, even, "the 8 pairs of part test are too few", "fewer folds"},
    };
    for (const Case& one : cases) {
        const std::string message =
            message_of([&] { write_probe_tables(folder.path, one.settings, {one.of}); });
        INFO(message);
        CHECK(contains(message, one.what));
        CHECK(contains(message, one.hint));
    }
    CHECK(std::filesystem::is_empty(folder.path));
}

}  // namespace dualtape::analyses
