// Tables of Fourier analysis on networks whose circuit is known, and on those that have none.
#include "experiments/analyses/fourier/fourier_tables.h"

#include <cmath>
#include <numbers>

#include <doctest/doctest.h>

#include "experiments/analyses/fourier/fourier_neurons.h"
#include "experiments/lab/table.h"
#include "tests/support/lab.h"
#include "tests/support/planted_snapshot.h"

namespace dualtape::analyses {

using namespace dualtape::pairs;

namespace {

namespace fs = std::filesystem;
using analyses::PlantedPhases;
using analyses::PlantedSettings;
using analyses::wrap_angle;
using lab::contains;
using lab::TemporaryFolder;
using testing::planted_snapshot;
using testing::untrained_snapshot;

// A value of fourier_summary.tsv; "no row" if there is none.
std::string summary(const fs::path& folder, const std::string& quantity,
                    const std::string& column = "value") {
    const lab::Table table = lab::read_table(folder / "fourier_summary.tsv");
    const auto names = table.texts("quantity"), values = table.texts(column);
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == quantity) return values[i];
    }
    return "no row";
}

double number(const fs::path& folder, const std::string& quantity) {
    const std::string text = summary(folder, quantity);
    return text.empty() ? NAN : std::stod(text);
}

lab::Table table(const fs::path& folder, const std::string& name) {
    return lab::read_table(folder / ("fourier_" + name + ".tsv"));
}

models::MlpSettings network(models::MlpInput input, Index p, Index depth = 1) {
    return {.input = input,
            .modulus = p,
            .num_classes = p,
            .width = 16,
            .depth = depth,
            .embedding_width = 6};
}

const PlantedSettings kLattice{31, 54, {2, 5, 9}, PlantedPhases::lattice};

}  // namespace

TEST_CASE("every planted frequency and phase is found, and all rules name the planted keys") {
    for (const Index p : {31, 34}) {
        for (const PlantedPhases phases : {PlantedPhases::lattice, PlantedPhases::uniform}) {
            INFO("p = ", p, ", phases ", static_cast<int>(phases));
            TemporaryFolder folder;
            const PlantedSettings settings{p, 54, {2, 5, 9}, phases, 3};
            const analyses::PlantedNetwork planted = analyses::make_planted_network(settings);
            write_fourier_tables(folder.path, {.node = "layers.0.pre", .permutations = 0},
                                 {planted_snapshot(settings)});
            for (const char* rule : {"keys", "keys_neurons", "keys_embedding", "keys_output"}) {
                CHECK_MESSAGE(summary(folder.path, rule) == "2 5 9", rule);
            }
            const lab::Table neurons = table(folder.path, "neurons");
            REQUIRE(neurons.num_rows() == 54);
            const auto fve = neurons.numbers("fve"), k = neurons.numbers("frequency");
            const auto a = neurons.numbers("phase_a"), b = neurons.numbers("phase_b"),
                       out = neurons.numbers("phase_out"), off = neurons.numbers("misalignment");
            const auto amplitude = neurons.numbers("amplitude_a");
            for (std::size_t j = 0; j < 54; ++j) {
                const auto at = static_cast<Index>(j);
                INFO("neuron ", j);
                CHECK(k[j] == static_cast<double>(planted.frequency[j]));
                CHECK(neurons.numbers("cluster")[j] == k[j]);
                CHECK(std::abs(fve[j] - 1) <= 1e-12);
                CHECK(std::abs(amplitude[j] - 1) <= 1e-12);
                CHECK(std::abs(wrap_angle(a[j] - planted.phase_a(at))) <= 1e-9);
                CHECK(std::abs(wrap_angle(b[j] - planted.phase_b(at))) <= 1e-9);
                CHECK(std::abs(wrap_angle(out[j] - planted.phase_out(at))) <= 1e-9);
                CHECK(std::abs(off[j]) <= 1e-9);
            }
            CHECK(std::abs(number(folder.path, "misalignment_resultant") - 1) <= 1e-12);
            CHECK(std::abs(number(folder.path, "misalignment_mean_cosine") - 1) <= 1e-12);
            CHECK(number(folder.path, "explained_share") == 1);
        }
    }
}

TEST_CASE("after the square the wave of a + b has the output's phase, and those of a and b none") {
    TemporaryFolder folder;
    const PlantedSettings settings{31, 54, {2, 5, 9}, PlantedPhases::uniform, 3};
    const analyses::PlantedNetwork planted = analyses::make_planted_network(settings);
    write_fourier_tables(folder.path, {.permutations = 0}, {planted_snapshot(settings)});
    const lab::Table neurons = table(folder.path, "neurons");
    const auto fve = neurons.numbers("fve"), sum = neurons.numbers("phase_sum"),
               difference = neurons.numbers("phase_difference"), a = neurons.numbers("phase_a"),
               off = neurons.numbers("misalignment");
    for (std::size_t j = 0; j < 54; ++j) {
        const auto at = static_cast<Index>(j);
        CHECK(std::abs(fve[j] - 0.8) <= 1e-12);
        CHECK(std::abs(wrap_angle(sum[j] - planted.phase_out(at))) <= 1e-9);
        CHECK(std::abs(wrap_angle(difference[j] - planted.phase_a(at) + planted.phase_b(at))) <=
              1e-9);
        CHECK(std::isnan(a[j]));
        CHECK(std::isnan(off[j]));
    }
    // Below the threshold of 0.85, no neuron has a frequency of its own.
    CHECK(summary(folder.path, "keys").empty());
    CHECK(summary(folder.path, "explained_neurons") == "0");
    CHECK(summary(folder.path, "misalignment_resultant").empty());
}

TEST_CASE("restricted to the planted keys the loss is the full one; without them nothing is left") {
    for (const char* combination : {"auto", "block"}) {
        for (const char* rule : {"neurons", "embedding", "output"}) {
            INFO(combination, ", ", rule);
            TemporaryFolder folder;
            write_fourier_tables(folder.path,
                                 {.key_rule = rule,
                                  .combination = combination,
                                  .fve_threshold = 0.79,
                                  .permutations = 0},
                                 {planted_snapshot(kLattice, {.logit_scale = 30})});
            const lab::Table progress = table(folder.path, "progress");
            REQUIRE(progress.num_rows() == 1);
            const auto value = [&](const char* column) { return progress.numbers(column)[0]; };
            CHECK(std::abs(value("restricted_loss") - value("all_loss")) <= 1e-10);
            CHECK(std::abs(value("restricted_train_loss") - value("train_loss")) <= 1e-10);
            CHECK(std::abs(value("restricted_test_loss") - value("test_loss")) <= 1e-10);
            CHECK(std::abs(value("ideal_wave_loss") - value("all_loss")) <= 1e-10);
            CHECK(std::abs(value("excluded_loss") - std::log(31.0)) <= 1e-10);
            CHECK(std::abs(value("logit_fve") - 1) <= 1e-12);
            CHECK(std::abs(value("label_share") - 1) <= 1e-12);
            CHECK(value("test_accuracy") == 1);
            CHECK(value("explained_share") == 1);
            CHECK(value("output_rank") == 6);  // a cosine and a sine of three frequencies
            CHECK(value("keys") == 3);
            const lab::Table excluded = table(folder.path, "excluded");
            CHECK(excluded.numbers("frequency") == std::vector<double>{2, 5, 9});
            for (const double loss : excluded.numbers("excluded_loss")) {
                CHECK(loss > value("train_loss"));
                CHECK(loss < value("excluded_loss"));
            }
        }
    }
}

TEST_CASE("the logits of a planted network lie on its label waves alone") {
    TemporaryFolder folder;
    write_fourier_tables(folder.path, {.permutations = 20},
                         {planted_snapshot(kLattice, {.logit_scale = 30})});
    const lab::Table frequencies = table(folder.path, "frequencies");
    REQUIRE(frequencies.num_rows() == 15);
    const auto value = [&](const char* column, std::size_t k) {
        return frequencies.numbers(column)[k - 1];
    };
    for (std::size_t k = 1; k <= 15; ++k) {
        INFO("k = ", k);
        const bool is_planted = k == 2 || k == 5 || k == 9;
        CHECK(value("frequency", k) == static_cast<double>(k));
        CHECK(std::abs(value("label_coefficient", k) - (is_planted ? 10 : 0)) <= 1e-10);
        CHECK(std::abs(value("label_share", k) - (is_planted ? 1.0 / 3 : 0)) <= 1e-12);
        CHECK(std::abs(value("logit_share_sum", k) - (is_planted ? 1.0 / 3 : 0)) <= 1e-12);
        for (const char* other : {"logit_share_a", "logit_share_b", "logit_share_difference"}) {
            CHECK(value(other, k) <= 1e-12);
        }
        CHECK(value("is_key_output", k) == is_planted);
        CHECK(value("is_key_embedding", k) == is_planted);
        // 18 neurons of unit waves in u, as many in v: each wave has norm sqrt(p / 2).
        CHECK(std::abs(value("embedding_norm", k) - (is_planted ? std::sqrt(36 * 15.5) : 0)) <=
              1e-9);
        CHECK((value("embedding_norm", k) > value("embedding_floor", k)) == is_planted);
        // The square also makes waves of twice the frequency: 4, 10, and 18 = -13 (mod 31).
        const double fve = is_planted ? 0.8 : k == 4 || k == 10 || k == 13 ? 0.2 : 0;
        CHECK(std::abs(value("largest_fve", k) - fve) <= 1e-12);
        if (is_planted) CHECK(fve > value("fve_floor", k));
        CHECK(value("neurons_below", k) == (is_planted ? 18 : 0));
        CHECK(value("is_subgroup", k) == 0);
    }
}

TEST_CASE("permutations tell the planted network from networks that have not been trained") {
    const std::vector<const char*> quantities{"largest_fve_p_value", "mean_fve_p_value",
                                              "embedding_p_value",   "output_p_value",
                                              "correlation_p_value", "correlated_neurons_p_value"};
    TemporaryFolder planted;
    const FourierSettings settings{.permutations = 99};
    write_fourier_tables(planted.path, settings, {planted_snapshot(kLattice)});
    for (const char* quantity : quantities) {
        // None of the renamings comes close.
        CHECK_MESSAGE(number(planted.path, quantity) == 0.01, quantity);
    }
    CHECK(summary(planted.path, "correlated_neurons") == "54");
    std::vector<int> significant(quantities.size(), 0);
    for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
        TemporaryFolder folder;
        write_fourier_tables(
            folder.path, settings,
            {untrained_snapshot(network(models::MlpInput::embedding, 13), {.seed = seed})});
        for (std::size_t i = 0; i < quantities.size(); ++i) {
            if (number(folder.path, quantities[i]) <= 0.05) ++significant[i];
        }
    }
    // One of six falls below 0.05 with probability 0.27, three with 0.002.
    for (std::size_t i = 0; i < quantities.size(); ++i) {
        CHECK_MESSAGE(significant[i] <= 2, quantities[i]);
    }
}

TEST_CASE("all tables have the same bytes for any number of threads") {
    const auto write = [](const fs::path& folder, int threads) {
        std::vector<Snapshot> snapshots;
        for (const std::int64_t step : {0, 10}) {
            snapshots.push_back(untrained_snapshot(network(models::MlpInput::embedding, 11),
                                                   {.step = step, .seed = 4, .threads = threads}));
            snapshots.back().theta *= 1 + static_cast<double>(step);
        }
        write_fourier_tables(
            folder, {.key_rule = "embedding", .permutations = 20, .detail = "each"}, snapshots);
    };
    TemporaryFolder one;
    write(one.path, 1);
    for (const int threads : {2, 3}) {
        TemporaryFolder folder;
        write(folder.path, threads);
        for (const std::string& name : fourier_tables()) {
            if (name == "fourier_phases.tsv") continue;  // two checkpoints have none
            INFO(name, ", ", threads, " threads");
            CHECK(fs::file_size(one / name) > 0);
            CHECK(lab::slurp(folder / name) == lab::slurp(one / name));
        }
    }
}

TEST_CASE("keys are those of the final checkpoint, or of each; details of the last, or of each") {
    Snapshot first = planted_snapshot(kLattice, {.step = 0});
    first.theta = first.untrained;
    const Snapshot last = planted_snapshot(kLattice, {.step = 10});
    const auto write = [&](const fs::path& folder, const char* from, const char* detail) {
        write_fourier_tables(
            folder, {.keys_from = from, .fve_threshold = 0.75, .permutations = 0, .detail = detail},
            {first, last});
        return table(folder, "progress").numbers("keys");
    };
    TemporaryFolder final, each;
    CHECK(write(final.path, "final", "final") == std::vector<double>{3, 3});
    CHECK(write(each.path, "each", "each") == std::vector<double>{0, 3});
    CHECK(table(final.path, "excluded").numbers("step") ==
          std::vector<double>{0, 0, 0, 10, 10, 10});
    CHECK(table(each.path, "excluded").num_rows() == 3);
    CHECK(table(final.path, "neurons").num_rows() == 54);
    CHECK(table(each.path, "neurons").num_rows() == 2 * 54);
    CHECK(table(each.path, "frequencies").num_rows() == 2 * 15);
    // A second training goes below the first.
    write(final.path, "final", "final");
    CHECK(table(final.path, "progress").num_rows() == 4);
    CHECK(table(final.path, "progress").columns[0] == "seed");
    CHECK(table(final.path, "progress").columns[1] == "step");
}

TEST_CASE("checkpoints that are not finite are left out and named") {
    std::vector<Snapshot> snapshots;
    for (const std::int64_t step : {0, 5, 10, 15}) {
        snapshots.push_back(planted_snapshot(kLattice, {.step = step}));
    }
    snapshots[1].theta(3) = NAN;
    snapshots[3].theta.setConstant(1e200);  // finite, and its logits are not
    TemporaryFolder folder;
    write_fourier_tables(folder.path, {.permutations = 0}, snapshots);
    CHECK(table(folder.path, "progress").numbers("step") == std::vector<double>{0, 10});
    CHECK(summary(folder.path, "steps_left_out") == "5 15");
    CHECK(table(folder.path, "summary").numbers("step")[0] == 10);
    TemporaryFolder none;
    write_fourier_tables(none.path, {}, {snapshots[1], snapshots[3]});
    write_fourier_tables(none.path, {}, {});
    CHECK(fs::is_empty(none.path));
}

TEST_CASE("phases need enough checkpoints, test pairs and a training that memorises") {
    // Before the square, planted neurons have one frequency each; after it, none has enough of one.
    const auto status = [](std::size_t count, double fraction, double scale,
                           const char* node = "layers.0.pre") {
        std::vector<Snapshot> snapshots;
        for (std::size_t i = 0; i < count; ++i) {
            snapshots.push_back(planted_snapshot(
                {13, 27, {1, 2, 5}, PlantedPhases::lattice},
                {.train_fraction = fraction, .step = static_cast<std::int64_t>(i)}));
            snapshots.back().theta *= scale;
        }
        TemporaryFolder folder;
        write_fourier_tables(folder.path, {.node = node, .permutations = 0}, snapshots);
        return summary(folder.path, "phases") + "; memorised " + summary(folder.path, "memorised");
    };
    CHECK(contains(status(8, 0.5, 1), "need 9 checkpoints or more, here are 8; memorised no row"));
    CHECK(contains(status(12, 1, 1), "not judged: phases need test pairs"));
    CHECK(contains(status(12, 0.5, 0), "train accuracy does not stay at 0.99"));
    CHECK(status(12, 0.5, 1) == "judged; memorised 0");
    CHECK(status(12, 0.5, 1, "layers.0.post") ==
          "not judged: there is no key frequency; memorised 0");
}

TEST_CASE("even and composite p: the Nyquist frequency has no sine, subgroups are marked") {
    TemporaryFolder folder;
    write_fourier_tables(folder.path, {.permutations = 5},
                         {untrained_snapshot(network(models::MlpInput::one_hot, 12))});
    const lab::Table frequencies = table(folder.path, "frequencies");
    REQUIRE(frequencies.num_rows() == 6);
    const auto sine = frequencies.texts("embedding_sine");
    const auto nyquist = frequencies.numbers("is_nyquist");
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(sine[i].empty() == (i == 5));
        CHECK(nyquist[i] == (i == 5));
    }
    CHECK(frequencies.numbers("is_subgroup") == std::vector<double>{0, 1, 1, 1, 0, 1});
    CHECK(summary(folder.path, "subgroup_frequencies") == "2 3 4 6");
    CHECK(summary(folder.path, "nyquist_frequency") == "6");
}

TEST_CASE("subtraction is measured along a - b") {
    // cos(x - y) instead of cos(x + y): the phase of b and of the label change sign.
    PlantedSettings settings = kLattice;
    analyses::PlantedNetwork planted = analyses::make_planted_network(settings);
    Snapshot snapshot = planted_snapshot(settings, {.operation = "sub", .logit_scale = 30});
    const Index width = planted.u.rows(), p = settings.modulus;
    for (Index b = 0; b < p; ++b) {
        snapshot.theta.segment((p + b) * width, width) = planted.v.col((p - b) % p);
    }
    TemporaryFolder folder;
    write_fourier_tables(folder.path,
                         {.node = "layers.0.pre", .fve_threshold = 0.85, .permutations = 0},
                         {snapshot});
    CHECK(summary(folder.path, "combination") == "difference");
    CHECK(table(folder.path, "progress").numbers("test_accuracy")[0] == 1);
    CHECK(std::abs(table(folder.path, "progress").numbers("logit_fve")[0] - 1) <= 1e-12);
    for (const double angle : table(folder.path, "neurons").numbers("misalignment")) {
        CHECK(std::abs(angle) <= 1e-9);
    }
    TemporaryFolder other;
    write_fourier_tables(
        other.path, {.node = "layers.0.pre", .combination = "sum", .permutations = 0}, {snapshot});
    CHECK(table(other.path, "progress").numbers("logit_fve")[0] <= 1e-12);
}

TEST_CASE("what a network does not have is left empty") {
    struct Row {
        const char* name;
        models::MlpSettings network;
        const char* operation;
        const char* node;
        bool has_table, has_output, has_out_phase;
    };
    models::MlpSettings binary = network(models::MlpInput::one_hot, 7);
    binary.num_classes = 2;
    const std::vector<Row> rows{
        {"raw", network(models::MlpInput::raw, 7), "add", "last", false, true, true},
        {"two classes", binary, "binary_zero", "last", true, false, false},
        {"first of two layers", network(models::MlpInput::embedding, 7, 2), "add", "first", true,
         true, false},
        {"last of two layers", network(models::MlpInput::embedding, 7, 2), "add", "last", true,
         true, true},
        {"division", network(models::MlpInput::one_hot, 7), "div", "last", true, true, true}};
    for (const Row& row : rows) {
        INFO(row.name);
        TemporaryFolder folder;
        write_fourier_tables(folder.path, {.node = row.node, .permutations = 5},
                             {untrained_snapshot(row.network, {.operation = row.operation})});
        const lab::Table progress = table(folder.path, "progress");
        const auto is_there = [](const lab::Table& from, const char* column) {
            return !std::isnan(from.numbers(column)[0]);
        };
        CHECK(is_there(progress, "gini_embedding") == row.has_table);
        CHECK(is_there(progress, "gini_output") == row.has_output);
        CHECK(is_there(progress, "ideal_wave_loss") == row.has_output);
        CHECK(is_there(progress, "restricted_loss"));
        CHECK(is_there(progress, "all_loss"));
        const lab::Table frequencies = table(folder.path, "frequencies");
        CHECK(is_there(frequencies, "embedding_norm") == row.has_table);
        CHECK(is_there(frequencies, "output_floor") == row.has_output);
        CHECK(is_there(frequencies, "label_share") == row.has_output);
        const lab::Table neurons = table(folder.path, "neurons");
        int with_phase = 0;
        for (const double phase : neurons.numbers("phase_out")) with_phase += !std::isnan(phase);
        CHECK((with_phase > 0) == row.has_out_phase);
        CHECK(summary(folder.path, "pairs") == (std::string(row.operation) == "div" ? "42" : "49"));
    }
}

TEST_CASE("settings that do not fit a network are refused") {
    const auto refuse = [](const FourierSettings& settings, const models::MlpSettings& of) {
        return lab::refusal([&] { check_fourier(settings, untrained_snapshot(of)); });
    };
    const models::MlpSettings raw = network(models::MlpInput::raw, 7);
    CHECK(refuse({}, raw) == "accepted");
    CHECK(refuse({.node = "layers.0.pre"}, raw) == "accepted");
    CHECK(contains(refuse({.node = "layers.0.past"}, raw),
                   "--fourier-node layers.0.past: is no hidden node of this network | did you mean "
                   "layers.0.post?"));
    CHECK(contains(refuse({.node = "logits"}, raw), "there are first, last, layers.0.pre"));
    CHECK(contains(refuse({.key_rule = "embedding"}, raw), "has no table of tokens"));
    models::MlpSettings more_classes = raw;
    more_classes.num_classes = 9;
    CHECK(contains(refuse({.key_rule = "output"}, more_classes),
                   "the 9 classes are not numbers modulo 7"));
    CHECK(contains(refuse({}, network(models::MlpInput::one_hot, 2)), "a modulus of at least 3"));
}

}  // namespace dualtape::analyses
