// dualtape report: one run once more, and several side by side.

#include <algorithm>

#include "experiments/lab/child.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/table.h"
#include "tests/tools/tool.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::testing;
using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;

TEST_CASE("report makes the same figures and report from the files of a run") {
    TemporaryFolder folder;
    make_run(folder);
    const std::string page = slurp(folder / "run/report.html");
    const std::string script = slurp(folder / "run/figures/loss_vs_steps.gp");
    const std::string data = slurp(folder / "run/figures/loss_vs_steps.tsv");
    const std::string manifest = slurp(folder / "run/manifest.json");
    fs::remove(folder / "run/report.html");
    fs::remove_all(folder / "run/figures");
    const Result result = tool(folder, {"report", "run"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    CHECK(result.out == "run/report.html\n");
    CHECK(slurp(folder / "run/report.html") == page);
    CHECK(slurp(folder / "run/figures/loss_vs_steps.gp") == script);
    CHECK(slurp(folder / "run/figures/loss_vs_steps.tsv") == data);
    CHECK(slurp(folder / "run/manifest.json") == manifest);
    // All but the threads are those of the recipe.
    const auto changed = page.find("(recipe tiny: ");
    CHECK(contains(page, "2 (recipe tiny: 0)"));
    CHECK(page.find("(recipe tiny: ", changed + 1) == std::string::npos);
}

TEST_CASE("report tells what it made of a table that was changed") {
    TemporaryFolder folder;
    make_run(folder);
    std::string table = slurp(folder / "run/metrics.tsv");
    const std::string manifest = slurp(folder / "run/manifest.json");
    table.resize(table.rfind('\n', table.size() - 2) + 1);  // the last row
    lab::spit(folder / "run/metrics.tsv", table);
    for (int i = 0; i < 2; ++i) {  // a report does not make the table right
        const Result result = tool(folder, {"report", "run"});
        REQUIRE(result.code == 0);
        CHECK(contains(result.err, "warning: metrics.tsv was changed after the run: "));
        CHECK(contains(slurp(folder / "run/report.html"), "metrics.tsv was changed after the run"));
    }
    CHECK(slurp(folder / "run/manifest.json") != manifest);
    fs::remove(folder / "run/overlap.tsv");
    CHECK(contains(tool(folder, {"report", "run"}).err,
                   "overlap.tsv, which the run wrote, is missing"));
    CHECK(lab::manifest_facts(folder / "run/manifest.json").status == "done");
    lab::spit(folder / "run/metrics.tsv", table.substr(0, table.find('\n') + 1));
    CHECK(tool(folder, {"report", "run"}).code == 0);
    CHECK(contains(slurp(folder / "run/report.html"), "its metrics.tsv holds no row any more"));
    lab::spit(folder / "run/metrics.tsv", table);
    fs::remove(folder / "run/summary.tsv");
    const Result refused = tool(folder, {"report", "run"});
    CHECK(refused.code == 2);
    CHECK(contains(refused.err, "summary.tsv"));
}

TEST_CASE("report compares runs by settings, numbers and curves") {
    TemporaryFolder folder;
    make_run(folder, "slow", {"--learning-rate", "0.001"});
    make_run(folder, "fast", {"--depths", "2,3", "--seeds", "2"});
    const Result result = tool(folder, {"report", "slow", "fast"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    CHECK(result.out == "comparison/report.html\n");
    const lab::Table settings = lab::read_table(folder / "comparison/settings.tsv");
    CHECK(settings.columns == std::vector<std::string>{"setting", "slow", "fast"});
    CHECK(settings.texts("setting") ==
          std::vector<std::string>{"seeds", "depths", "learning_rate"});
    CHECK(settings.texts("slow")[2] == "0.001");
    CHECK(settings.texts("fast")[2] == "0.01");

    const lab::Table numbers = lab::read_table(folder / "comparison/numbers.tsv");
    const auto names = numbers.texts("number"), runs = numbers.texts("run");
    for (const char* name : {"slow", "fast"}) {
        const auto own = lab::manifest_numbers(folder / name / "manifest.json");
        CHECK(std::count(runs.begin(), runs.end(), name) == std::ssize(own));
        for (const lab::FinalNumber& number : own) {
            bool is_there = false;
            for (std::size_t i = 0; i < names.size(); ++i) {
                is_there |= names[i] == number.name && runs[i] == name &&
                            numbers.texts("value")[i] == lab::format_number(number.value);
            }
            INFO(number.name);
            CHECK(is_there);
        }
    }

    // Three panels; the last point of depth 2 is the median of the two seeds.
    const lab::Table curve = lab::read_table(folder / "comparison/figures/test_loss.tsv");
    const lab::Table metrics = lab::read_table(folder / "fast/metrics.tsv");
    double sum = 0;
    for (std::size_t i = 0; i < metrics.num_rows(); ++i) {
        if (metrics.texts("depth")[i] != "2" || metrics.texts("step")[i] != "40") continue;
        sum += metrics.numbers("test_loss")[i];
    }
    const auto& cells = curve.rows;
    const bool has_median = std::any_of(cells.begin(), cells.end(), [&](const auto& row) {
        return std::find(row.begin(), row.end(), lab::format_number(sum / 2)) != row.end();
    });
    CHECK(has_median);
#ifdef DUALTAPE_FIGURES
    for (const char* stem : {"test_accuracy", "test_loss", "train_loss", "lambda_max"}) {
        CHECK(fs::exists(folder / "comparison/figures" / (std::string(stem) + ".svg")));
    }
#endif
    CHECK(contains(tool(folder, {"report", "slow", "fast"}).err, "holds results already"));
    lab::spit(folder / "comparison/notes.txt", "mine");
    CHECK(contains(tool(folder, {"report", "slow", "fast", "--force"}).err, "holds notes.txt"));
    CHECK(slurp(folder / "comparison/notes.txt") == "mine");
    fs::remove(folder / "comparison/notes.txt");
    CHECK(tool(folder, {"report", "slow", "fast", "--force"}).code == 0);
}

TEST_CASE("no name of a folder is read as a command by report, rerun or a comparison") {
    TemporaryFolder folder;
    const std::string odd[] = {"a\n!touch PWNED\n#", "`touch PWNED`$(touch PWNED)'\";&",
                               "<script>x_{y}@z"};
    make_run(folder, "plain");
    for (const std::string& name : odd) {
        INFO(name);
        fs::copy(folder / "plain", folder / name, fs::copy_options::recursive);
        const Result again = tool(folder, {"report", name});
        INFO(again.err);
        CHECK(again.code == 0);
        const Result both = tool(folder, {"report", "plain", name, "--force"});
        INFO(both.err);
        CHECK(both.code == 0);
        CHECK_FALSE(contains(slurp(folder / "comparison/report.html"), "<script>"));
        CHECK(fs::exists(folder / "comparison/figures/test_loss.tsv"));
    }
    const Result repeated = tool(folder, {"rerun", odd[0]});
    INFO(repeated.out << repeated.err);
    CHECK(repeated.code == 0);
    CHECK(contains(repeated.out, " 0 differ"));
    for (const auto& entry : fs::recursive_directory_iterator(folder.path)) {
        CHECK(entry.path().filename() != "PWNED");
    }
}

TEST_CASE("report works without stdin, and draws the same figures") {
    TemporaryFolder folder;
    make_run(folder);
    const std::string svg = slurp(folder / "run/figures/loss_vs_steps.svg");
    for (const char* closed : {"<&-", "<&- 2>&-"}) {
        const lab::ChildEnd end =
            lab::run_child({.program = "/bin/sh",
                            .arguments = {"-c", std::string("exec \"$@\" ") + closed, "sh",
                                          DUALTAPE, "report", "run"},
                            .folder = folder.path,
                            .limit_seconds = 120});
        CHECK_FALSE(end.is_late);
        CHECK(end.code == 0);
        CHECK(slurp(folder / "run/figures/loss_vs_steps.svg") == svg);
    }
}

TEST_CASE("a run that has lost its manifest is reported, with a warning, and its advice holds") {
    TemporaryFolder folder;
    make_run(folder);
    fs::remove(folder / "run/manifest.json");
    const Result result = tool(folder, {"report", "run"});
    INFO(result.err);
    CHECK(result.code == 0);
    CHECK(contains(result.err, "manifest.json is missing"));
    fs::remove(folder / "run/DONE");
    const std::string advice = tool(folder, {"report", "run"}).err;
    CHECK(contains(advice, "finish it with  grokking_hessian --resume --out run"));
    CHECK(
        run_process(GROKKING_HESSIAN, folder.path, {"--resume", "--out", "run", "--quiet"}).code ==
        0);
    CHECK(lab::manifest_facts(folder / "run/manifest.json").status == "done");
}

TEST_CASE("runs are compared and told by names with tabs and line breaks") {
    TemporaryFolder folder;
    make_run(folder, "a\tb\nc\rd");
    make_run(folder, "e f;g'h", {"--seed", "1"});
    const Result result = tool(folder, {"report", "a\tb\nc\rd", "e f;g'h"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    CHECK(lab::read_table(folder / "comparison/runs.tsv").texts("run") ==
          std::vector<std::string>{"a\\tb\\nc\\rd", "e f;g'h"});
    fs::rename(folder / "a\tb\nc\rd", folder / "u\xff");
    fs::rename(folder / "e f;g'h", folder / "u\xfe");
    REQUIRE(tool(folder, {"report", "u\xff", "u\xfe", "--force"}).code == 0);
    CHECK(lab::read_table(folder / "comparison/runs.tsv").texts("run") ==
          std::vector<std::string>{"u\\xff", "u\\xfe"});
    const std::string page = slurp(folder / "comparison/report.html");
    CHECK(contains(
        page, "dualtape report $&#39;u\\377&#39; $&#39;u\\376&#39; --out comparison --force<"));
    CHECK_FALSE(contains(page, "\xff"));
    fs::rename(folder / "u\xfe", folder / "e f;g'h");
    fs::remove(folder / "e f;g'h/DONE");
    CHECK(contains(tool(folder, {"report", "e f;g'h"}).err, "--resume --out 'e f;g'\\''h'"));
    CHECK(contains(tool(folder, {"rerun", "e f;g'h"}).err, "--resume --out 'e f;g'\\''h'"));
}

TEST_CASE("report compares runs of different experiments in what they share") {
    TemporaryFolder folder;
    make_run(folder, "depths", {"--learning-rate", "0.02"});
    const Result run = run_process(MODULAR_ADDITION, folder.path,
                                   {"--recipe", "tiny", "--out", "sums", "--quiet"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    const Result result = tool(folder, {"report", "depths", "sums"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    const lab::Table runs = lab::read_table(folder / "comparison/runs.tsv");
    CHECK(runs.texts("experiment") ==
          std::vector<std::string>{"grokking_hessian", "modular_addition"});

    // Settings of both that differ, and none that one of them lacks.
    const auto settings = lab::read_table(folder / "comparison/settings.tsv").texts("setting");
    const auto has = [&](const char* key) {
        return std::find(settings.begin(), settings.end(), key) != settings.end();
    };
    for (const char* key : {"learning_rate", "input", "width", "batch_size"}) {
        CHECK_MESSAGE(has(key), key);
    }
    for (const char* key : {"depths", "depth", "fve_threshold", "x_axis", "p"}) {
        CHECK_MESSAGE(!has(key), key);
    }
    const std::string page = slurp(folder / "comparison/report.html");
    for (const char* text : {"runs of different experiments", "Not shared: ", "fve_threshold"}) {
        CHECK_MESSAGE(contains(page, text), text);
    }

    // One panel with a line for every network of either run; sharpness is compared by one alone.
    const std::string script = slurp(folder / "comparison/figures/test_accuracy.gp");
    for (const char* name : {"depths, depth 1", "depths, depth 2", "sums"}) {
        CHECK_MESSAGE(contains(script, name), name);
    }
    CHECK_FALSE(fs::exists(folder / "comparison/figures/lambda_max.tsv"));
}

TEST_CASE("changed settings are told against the recipe that was run") {
    TemporaryFolder folder;
    const auto changed = [&](const std::string& name) {
        const std::string page = slurp(folder / name / "report.html");
        const std::size_t begin = page.find("<h2>Changed settings</h2>");
        if (begin == std::string::npos) return std::string();
        return page.substr(begin, page.find("</table>", begin) - begin);
    };
    const auto start = [&](const std::string& name, std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--out", name, "--quiet"});
        const Result run = run_process(GROKKING_HESSIAN, folder.path, std::move(arguments));
        INFO(run.err);
        REQUIRE(run.code == 0);
    };
    start("same", {"--recipe", "tiny"});
    CHECK(changed("same").empty());
    start("other", {"--recipe", "tiny", "--weight-decay", "0.5", "--seeds", "2"});
    CHECK(contains(changed("other"), "0.5 (recipe tiny: 1)"));
    CHECK(contains(changed("other"), "2 (recipe tiny: 1)"));
    for (const char* key : {"learning_rate", "depths", "default"}) {
        CHECK_FALSE(contains(changed("other"), key));
    }
    REQUIRE(tool(folder, {"report", "other"}).code == 0);
    CHECK(contains(changed("other"), "0.5 (recipe tiny: 1)"));
    // A file is no recipe.
    start("file", {"--config", "same/config.toml"});
    CHECK(contains(changed("file"), "0.01 (default: 0.001)"));
}

TEST_CASE("report refuses what cannot be drawn or compared") {
    TemporaryFolder folder;
    make_run(folder);
    const auto refusal = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "report");
        const Result result = tool(folder, std::move(arguments));
        CHECK(result.code == 2);
        return result.err;
    };
    CHECK(contains(refusal({}), "RUN... is missing"));
    CHECK(contains(refusal({"nowhere"}), "nowhere: there is no such file or folder"));
    CHECK(contains(refusal({"run", "./run"}), "./run: is given twice"));
    CHECK(contains(refusal({"run", "nowhere"}), "nowhere"));
    CHECK_FALSE(fs::exists(folder / "comparison"));
    fs::create_directory(folder / "mine");
    lab::spit(folder / "mine/thesis.tex", "text");
    fs::copy(folder / "run", folder / "other", fs::copy_options::recursive);
    CHECK(contains(refusal({"run", "other", "--out", "mine", "--force"}),
                   "holds thesis.tex, which is no result"));
    CHECK(slurp(folder / "mine/thesis.tex") == "text");
    const std::string checkpoint = "run/checkpoints/depth2-seed0/step-00000040.safetensors";
    CHECK(contains(refusal({checkpoint}), "is a checkpoint, not a run"));
    CHECK(contains(refusal({"run", checkpoint}), "is a checkpoint, not a run"));
    CHECK(contains(refusal({"run", "--out", "there"}), "--out: is for comparisons"));
    fs::create_symlink("nowhere", folder / "link");
    CHECK(contains(refusal({"run", "other", "--out", "link"}), "is a link that leads nowhere"));
    fs::remove(folder / "other/DONE");
    CHECK(contains(refusal({"other"}), "has not ended"));
}
