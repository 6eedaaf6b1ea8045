// dualtape spectrum from its command line to its tables and report, on a tiny run.
#include <cmath>
#include <map>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "experiments/lab/table.h"
#include "tests/tools/tool.h"
#include "tools/dualtape/spectrum_watch.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::testing;
using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;

TEST_CASE("spectrum agrees with the run's own eigenvalues, for any number of threads") {
    TemporaryFolder folder;
    make_run(folder);
    const auto measure = [&](const char* out, const char* threads) {
        const Result result =
            tool(folder,
                 {"spectrum",      "run",   "--top",         "3",     "--density",      "--trace",
                  "--block-by",    "layer", "--checkpoints", "2",     "--out",          out,
                  "--threads",     threads, "--tolerance",   "1e-10", "--max-products", "5000",
                  "--dense-limit", "0",     "--quiet"});
        INFO(result.err);
        REQUIRE(result.code == 0);
        CHECK(result.out == std::string(out) + "/report.html\n");
    };
    measure("one", "1");
    measure("two", "2");
    for (const char* table :
         {"eigenvalues.tsv", "density_nodes.tsv", "density.tsv", "counts.tsv"}) {
        CHECK_MESSAGE(slurp(folder / "one" / table) == slurp(folder / "two" / table), table);
    }
    const lab::Table spectra = lab::read_table(folder / "one/spectra.tsv");
    const auto depth = spectra.numbers("depth"), step = spectra.numbers("step");
    const auto lambda = spectra.numbers("lambda_max"),
               residual = spectra.numbers("lambda_max_residual");
    const auto trace = spectra.numbers("trace"), error = spectra.numbers("trace_error");
    const auto block = spectra.texts("block"), status = spectra.texts("status");
    // Two checkpoints of two trainings: the whole matrix, and 2 or 3 layers.
    CHECK(spectra.num_rows() == 2 * (1 + 2) + 2 * (1 + 3));
    const lab::Table own = lab::read_table(folder / "run/curvature.tsv");
    const auto own_depth = own.numbers("depth"), own_step = own.numbers("step");
    const auto own_lambda = own.numbers("lambda_max"), own_bound = own.numbers("lambda_max_bound");
    int compared = 0;
    for (std::size_t i = 0; i < spectra.num_rows(); ++i) {
        CHECK(status[i] == "converged");
        CHECK(residual[i] <= 1e-9 * lambda[i]);
        CHECK(error[i] > 0);
        CHECK(std::isfinite(trace[i]));
        for (std::size_t j = 0; j < own.num_rows() && block[i].empty(); ++j) {
            if (own_depth[j] != depth[i] || own_step[j] != step[i]) continue;
            CHECK(std::abs(lambda[i] - own_lambda[j]) <= own_bound[j] + 1e-8 * lambda[i]);
            ++compared;
        }
    }
    CHECK(compared == 4);

    CHECK(contains(tool(folder, {"spectrum", "run", "--out", "one"}).err, "holds results already"));
    fs::create_directory(folder / "other");
    lab::spit(folder / "other/thesis.txt", "x");
    const Result refused = tool(folder, {"spectrum", "run", "--out", "other", "--force"});
    CHECK(refused.code == 2);
    CHECK(fs::exists(folder / "other/thesis.txt"));
    const std::vector<std::string> many{"spectrum",      "run", "--top", "1000",
                                        "--dense-limit", "0",   "--out", "x"};
    CHECK(contains(tool(folder, many).err, "more than an eighth of the"));
    CHECK(contains(tool(folder, {"spectrum", "run", "--checkpoints", "some"}).err,
                   "is no choice of checkpoints"));
    CHECK(contains(tool(folder, {"spectrum", "run", "--operator", "ggm", "--out", "x"}).err,
                   "operator"));
}

TEST_CASE("the whole matrix, where that is cheaper, gives the same spectrum without error bars") {
    TemporaryFolder folder;
    make_run(folder);
    const auto measure = [&](const char* out, const char* limit, const char* threads) {
        const Result result =
            tool(folder, {"spectrum",      "run",     "--top",          "3",
                          "--bottom",      "2",       "--density",      "--density-steps",
                          "100",           "--trace", "--out",          out,
                          "--tolerance",   "1e-10",   "--max-products", "5000",
                          "--dense-limit", limit,     "--threads",      threads,
                          "--quiet",       "--strict"});
        INFO(result.err);
        REQUIRE(result.code == 0);
    };
    measure("lanczos", "0", "2");
    measure("dense", "400", "1");
    measure("again", "400", "2");
    for (const char* table :
         {"eigenvalues.tsv", "density_nodes.tsv", "density.tsv", "counts.tsv"}) {
        CHECK_MESSAGE(slurp(folder / "dense" / table) == slurp(folder / "again" / table), table);
        CHECK_MESSAGE(lab::read_table(folder / "dense" / table).columns ==
                          lab::read_table(folder / "lanczos" / table).columns,
                      table);
    }
    const lab::Table whole = lab::read_table(folder / "dense/spectra.tsv");
    const lab::Table ends = lab::read_table(folder / "lanczos/spectra.tsv");
    REQUIRE(whole.num_rows() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto exact = [&](const char* column) { return whole.numbers(column)[i]; };
        const auto found = [&](const char* column) { return ends.numbers(column)[i]; };
        CHECK(whole.texts("status")[i] == "exact");
        CHECK(ends.texts("status")[i] == "converged");
        CHECK(exact("products") == exact("parameters"));
        for (const char* column : {"lambda_max", "lambda_min"}) {
            CHECK(std::abs(exact(column) - found(column)) <= 1e-9 * exact("lambda_max"));
        }
        CHECK(exact("trace_error") == 0);
        CHECK(std::abs(exact("trace") - found("trace")) <= 5 * found("trace_error"));
        CHECK(exact("num_converged") == 5);
    }
    const lab::Table counts = lab::read_table(folder / "dense/counts.tsv");
    const auto count = counts.numbers("count"), error = counts.numbers("count_error");
    double largest = 0;
    for (std::size_t i = 0; i < counts.num_rows(); ++i) {
        CHECK(count[i] == std::floor(count[i]));
        CHECK(error[i] == 0);
        largest = std::max(largest, count[i]);
    }
    CHECK(largest > 100);
    // Too large for it.
    measure("large", "300", "2");
    const auto status = lab::read_table(folder / "large/spectra.tsv").texts("status");
    CHECK(status[0] == "exact");      // 283 rows
    CHECK(status[1] == "converged");  // 355
}

TEST_CASE("a solve without enough products gives what it has, marked, and warns") {
    TemporaryFolder folder;
    make_run(folder);
    const Result result = tool(folder, {"spectrum", kCheckpoint, "--max-products", "20", "--out",
                                        "out", "--quiet", "--strict"});
    CHECK(result.code == 1);
    CHECK(contains(result.err, "; of the 3 smallest eigenvalues none converged"));
    CHECK(contains(result.err, "(budget). Not converged: largest "));
    CHECK(contains(result.err, "; smallest 3: "));
    const lab::Table spectra = lab::read_table(folder / "out/spectra.tsv");
    CHECK(spectra.texts("status")[0] == "budget");
    CHECK(spectra.numbers("lambda_max_residual")[0] > 0);
    CHECK(contains(slurp(folder / "out/report.html"), "Not converged: largest "));
    CHECK(contains(slurp(folder / "out/report.html"), " of 10 largest, 0 of 3 smallest (budget)"));
    // A space that is smaller than what is wanted does not even approximate all of it.
    const Result tiny =
        tool(folder, {"spectrum", kCheckpoint, "--max-products", "10", "--out", "few", "--quiet"});
    CHECK(contains(tiny.err, "3 wanted pairs that were not approximated"));
}

TEST_CASE(
    "spectrum --sharpness gives every measure of each checkpoint, for any number of threads") {
    TemporaryFolder folder;
    make_run(folder);
    const auto measure = [&](const char* out, std::vector<std::string> more) {
        std::vector<std::string> arguments{"spectrum", "run",   "--sharpness", "--checkpoints",
                                           "2",        "--out", out,           "--quiet"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Result result = tool(folder, std::move(arguments));
        INFO(result.err);
        REQUIRE(result.code == 0);
        return lab::read_table(folder / out / "sharpness.tsv");
    };
    const lab::Table table = measure("one", {"--threads", "1", "--trace"});
    measure("two", {"--threads", "2", "--trace"});
    CHECK(slurp(folder / "one/sharpness.tsv") == slurp(folder / "two/sharpness.tsv"));
    CHECK(table.columns[0] == "depth");
    CHECK(table.num_rows() == 4);
    const lab::Table spectra = lab::read_table(folder / "one/spectra.tsv");
    CHECK(table.numbers("lambda_max") == spectra.numbers("lambda_max"));
    CHECK(table.numbers("trace") == spectra.numbers("trace"));
    CHECK(table.numbers("loss") == spectra.numbers("loss"));
    for (const char* column : {"sam", "asam", "ball", "keskar", "fisher_rao", "critical"}) {
        for (const double value : table.numbers(column)) CHECK_MESSAGE(value > 0, column);
    }
    const std::string report = slurp(folder / "one/report.html");
    CHECK(contains(report, "Sharpness of the loss"));
    CHECK(contains(report, "|δ| = 0.05"));

    // Twice the radius is more than twice the rise where the loss curves upwards; the spectrum of
    // another matrix is no sharpness.
    const lab::Table wide =
        measure("wide", {"--sam-rho", "0.1", "--operator", "ggn", "--top", "0", "--bottom", "0"});
    CHECK(wide.numbers("sam_rho")[0] == 0.1);
    CHECK(wide.numbers("sam")[0] > 1.5 * table.numbers("sam")[0]);
    CHECK(wide.numbers("asam") == table.numbers("asam"));
    CHECK(std::isnan(wide.numbers("lambda_max")[0]));
    CHECK(contains(tool(folder, {"spectrum", "run", "--sam-rho", "0"}).err, "--sam-rho"));
}

TEST_CASE("the operator is checked before the first solve, and a warning names what is wrong") {
    TemporaryFolder folder;
    make_run(folder);
    REQUIRE(
        tool(folder, {"spectrum", "run", "--checkpoints", "2", "--out", "good", "--quiet"}).code ==
        0);
    const lab::Table good = lab::read_table(folder / "good/checks.tsv");
    CHECK(good.num_rows() == 4);  // one a training and checkpoint
    for (std::size_t i = 0; i < good.num_rows(); ++i) {
        CHECK(good.texts("status")[i] == "passed");
        CHECK(good.numbers("noise")[i] > 0);
        CHECK(good.numbers("noise")[i] < 1e-14);
        CHECK(good.numbers("products")[i] == 6);
    }
    CHECK(contains(slurp(folder / "good/report.html"), "4 of 4 passed, 6 products each"));

    write_vector(folder, 1e200);
    fs::copy_file(folder / "v.safetensors", folder / kCheckpoint,
                  fs::copy_options::overwrite_existing);
    const Result bad = tool(folder, {"spectrum", kCheckpoint, "--out", "bad", "--quiet"});
    CHECK(bad.code == 0);
    CHECK(contains(bad.err, "has not passed its check (nonfinite)"));
    CHECK(contains(slurp(folder / "bad/report.html"), "has not passed its check (nonfinite)"));
    CHECK(lab::read_table(folder / "bad/checks.tsv").texts("status")[0] == "nonfinite");
}

TEST_CASE("an interrupt ends a solve, keeps the rows there are and has exit code 130") {
    TemporaryFolder folder;
    make_run(folder);
    Process process(DUALTAPE, folder.path,
                    {"spectrum", kCheckpoint, "--density", "--density-probes", "1000",
                     "--density-steps", "300", "--dense-limit", "0", "--out", "out", "--quiet"});
    REQUIRE(process.wait_for(folder / "out-unfinished/checks.tsv"));
    process.interrupt();
    CHECK(process.wait() == 130);
    CHECK(contains(slurp(folder / "stderr"), "out-unfinished holds the rows of what was finished"));
    CHECK_FALSE(fs::exists(folder / "out"));
    // The trace is a stage of its own.
    Process trace(DUALTAPE, folder.path,
                  {"spectrum", kCheckpoint, "--top", "0", "--bottom", "0", "--trace",
                   "--trace-probes", "1000000", "--dense-limit", "0", "--out", "trace", "--quiet"});
    REQUIRE(trace.wait_for(folder / "trace-unfinished/checks.tsv"));
    trace.interrupt();
    CHECK(trace.wait() == 130);
    CHECK_FALSE(fs::exists(folder / "trace"));
    // What it left is no result, and goes with the next start.
    CHECK(tool(folder, {"spectrum", kCheckpoint, "--out", "out", "--quiet"}).code == 0);
    CHECK_FALSE(fs::exists(folder / "out-unfinished"));
    CHECK(contains(slurp(folder / "out/config.toml"), "top = 10"));
    CHECK(contains(slurp(folder / "out/report.html"),
                   "dualtape spectrum " + std::string(kCheckpoint) + " --out out"));
}

namespace {

// By training, step, end and rank.
std::map<std::string, std::size_t> rows_by_pair(const lab::Table& table) {
    std::map<std::string, std::size_t> rows;
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        std::string key;
        for (const char* column : {"depth", "seed", "step", "end", "rank"}) {
            key += table.rows[i][table.column(column)] + " ";
        }
        rows[key] = i;
    }
    return rows;
}

// Every digit and sign that a table states of its pairs is that of the whole matrix. Returns how
// many pairs have two digits.
int check_statements(const lab::Table& found, const lab::Table& exact) {
    const auto rows = rows_by_pair(exact);
    const auto truth = exact.numbers("value"), value = found.numbers("value");
    const auto digits = found.numbers("digits"), sign = found.numbers("is_sign_certain");
    const auto bound = found.numbers("bound"), converged = found.numbers("is_converged");
    int known = 0;
    for (const auto& row : rows_by_pair(found)) {
        const auto key = row.first;
        const std::size_t i = row.second;
        INFO(key, value[i], " ± ", bound[i]);
        const double expected = truth[rows.at(key)];
        if (digits[i] > 0) {
            CHECK(std::abs(value[i] - expected) <=
                  0.5 * std::pow(10.0, -digits[i]) * std::abs(value[i]));
        }
        if (sign[i] != 0) CHECK((value[i] > 0) == (expected > 0));
        if (converged[i] != 0) CHECK(bound[i] < std::abs(value[i]));
        known += digits[i] >= 2 ? 1 : 0;
    }
    return known;
}

}  // namespace

TEST_CASE("digits and signs in the tables of tool and training are those of the whole matrix") {
    TemporaryFolder folder;
    make_run(folder);
    // A density of more products than rows makes the whole matrix the cheaper way.
    const auto measure = [&](const char* out, const char* limit) {
        const Result result =
            tool(folder, {"spectrum", "run", "--checkpoints", "all", "--top", "10", "--bottom",
                          "10", "--density", "--density-steps", "100", "--dense-limit", limit,
                          "--out", out, "--quiet"});
        INFO(result.err);
        REQUIRE(result.code == 0);
        return lab::read_table(folder / out / "eigenvalues.tsv");
    };
    const lab::Table exact = measure("exact", "400");
    for (const std::string& status :
         lab::read_table(folder / "exact/spectra.tsv").texts("status")) {
        REQUIRE(status == "exact");
    }
    const lab::Table found = measure("found", "0");
    CHECK(check_statements(found, exact) == static_cast<int>(found.num_rows()));
    const lab::Table own = lab::read_table(folder / "run/eigenvalues.tsv");
    CHECK(own.num_rows() == exact.num_rows());
    CHECK(check_statements(own, exact) > static_cast<int>(own.num_rows()) / 2);
}

TEST_CASE("matrices without negative eigenvalues have no bottom unless it is asked for") {
    TemporaryFolder folder;
    make_run(folder);
    const auto measure = [&](const char* out, std::vector<std::string> more) {
        std::vector<std::string> arguments{"spectrum", kCheckpoint,     "--out", out,
                                           "--quiet",  "--dense-limit", "0"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Result result = tool(folder, std::move(arguments));
        INFO(result.err);
        REQUIRE(result.code == 0);
        return lab::read_table(folder / out / "spectra.tsv");
    };
    for (const char* matrix : {"ggn", "fisher", "fisher-mc", "empirical"}) {
        INFO(matrix);
        const lab::Table table = measure(matrix, {"--operator", matrix});
        CHECK(table.numbers("num_wanted")[0] == 10);
        CHECK(table.numbers("is_semidefinite")[0] == 1);
        CHECK(std::isnan(table.numbers("lambda_min")[0]));
        CHECK(contains(slurp(folder / matrix / "report.html"), "≥ 0"));
    }
    // Layers between ReLUs are linear, piece by piece; the whole network is not.
    const lab::Table layers = measure("layers", {"--block-by", "layer"});
    REQUIRE(layers.num_rows() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(layers.numbers("is_semidefinite")[i] == (i > 0 ? 1 : 0));
        CHECK(std::isnan(layers.numbers("lambda_min")[i]) == (i > 0));
        CHECK(layers.texts("status")[i] == "converged");
    }
    CHECK(layers.numbers("lambda_min")[0] < 0);
    // Sixty samples leave most of 355 eigenvalues at zero: all copies are found.
    const lab::Table asked = measure("asked", {"--operator", "empirical", "--bottom", "8"});
    CHECK(asked.numbers("smallest_is_complete")[0] == 1);
    const double top = asked.numbers("lambda_max")[0];
    const lab::Table pairs = lab::read_table(folder / "asked/eigenvalues.tsv");
    REQUIRE(pairs.num_rows() == 18);
    for (std::size_t i = 10; i < 18; ++i) {
        CHECK(std::abs(pairs.numbers("value")[i]) <= 1e-10 * top);
        CHECK(pairs.numbers("is_converged")[i] == 1);
    }
}

TEST_CASE("an interrupt leaves earlier results of an analysis as they were, also with --force") {
    TemporaryFolder folder;
    make_run(folder);
    REQUIRE(tool(folder, {"spectrum", kCheckpoint, "--out", "out", "--quiet"}).code == 0);
    std::map<std::string, std::string> before;
    for (const auto& entry : fs::recursive_directory_iterator(folder / "out")) {
        if (entry.is_regular_file()) before[entry.path().string()] = slurp(entry.path());
    }
    const std::vector<std::string> long_solve{
        "spectrum", kCheckpoint,       "--density", "--density-probes",
        "1000",     "--density-steps", "300",       "--dense-limit",
        "0",        "--out",           "out",       "--force",
        "--quiet"};
    const auto check_untouched = [&] {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder / "out")) {
            if (!entry.is_regular_file()) continue;
            CHECK(before[entry.path().string()] == slurp(entry.path()));
            ++count;
        }
        CHECK(count == before.size());
    };
    Process interrupted(DUALTAPE, folder.path, long_solve);
    REQUIRE(interrupted.wait_for(folder / "out-unfinished/checks.tsv"));
    CHECK(contains(tool(folder, {"spectrum", kCheckpoint, "--out", "out", "--force"}).err,
                   "another process is making results for it"));
    interrupted.interrupt();
    CHECK(interrupted.wait() == 130);
    CHECK(contains(slurp(folder / "stderr"), "out is as it was"));
    check_untouched();
    Process killed(DUALTAPE, folder.path, long_solve);
    REQUIRE(killed.wait_for(folder / "out-unfinished/checks.tsv"));
    killed.kill();
    check_untouched();
    fs::create_directories(folder / "out-unfinished/figures");
    lab::spit(folder / "out-unfinished/figures/counts.gp.part19719", "half a script");
    // What was there is gone only now.
    lab::spit(folder / "out/figures/mine.png", "mine");
    CHECK(contains(tool(folder, {"spectrum", kCheckpoint, "--out", "out", "--force"}).err,
                   "holds figures/mine.png, which is no result of this kind"));
    fs::remove(folder / "out/figures/mine.png");
    REQUIRE(
        tool(folder, {"spectrum", kCheckpoint, "--out", "out", "--force", "--top", "2", "--quiet"})
            .code == 0);
    CHECK(contains(slurp(folder / "out/config.toml"), "top = 2"));
    CHECK_FALSE(fs::exists(folder / "out-unfinished"));
    CHECK(contains(slurp(folder / "out/files.txt"), "figures/"));
}

TEST_CASE("spectra are counted from the start, and the total of one never grows") {
    std::ostringstream out;
    double now = 0;
    tools::SpectrumWatcher watcher(out, lab::Progress::Style::plain, [&] { return now; });
    watcher.announce("a");
    watcher.announce("b");
    // A matrix of 40 rows: eigenvalues, then trace and density.
    Mat<double> matrix = Mat<double>::Zero(40, 40);
    matrix.diagonal() = Vec<double>::LinSpaced(40, -1, 5);
    const curvature::DenseOperator<double> dense(matrix);
    analyses::SpectrumSettings settings;
    settings.has_trace = settings.has_density = true;
    settings.density_steps = 20;
    for (const char* name : {"a", "b"}) {
        INFO(name);
        const analyses::SpectrumWatch watch = watcher.next();
        Index total = 0, last = 0;
        const auto spectrum = analyses::measure_spectrum(dense, settings, Mat<double>(),
                                                         [&](const analyses::SpectrumProgress& at) {
                                                             now += 1;
                                                             CHECK(at.products > last);
                                                             last = at.products;
                                                             if (total > 0)
                                                                 CHECK(at.total == total);
                                                             if (at.total > 0)
                                                                 CHECK(at.products <= at.total);
                                                             total = at.total;
                                                             return watch(at);
                                                         });
        CHECK(spectrum.measure.has_value());
        CHECK(total > settings.trace_probes);
    }
    watcher.finish();
    CHECK(contains(out.str(), "[0/2] a  product 2 "));
    CHECK(contains(out.str(), "[1/2] b  product 2 "));
    CHECK_FALSE(contains(out.str(), "[0/1]"));
}
