// A program with the command line of an experiment and no work to speak of: it counts steps,
// writes one row and one checkpoint per step, and fails in all ways on request.
#include <chrono>
#include <stdexcept>
#include <thread>

#include "experiments/lab/cli.h"
#include "experiments/lab/files.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/table.h"
#include "experiments/lab/table_marks.h"

namespace lab = dualtape::lab;

namespace {

struct Config : lab::CommonSettings {
    std::int64_t p = 97;
    std::vector<std::int64_t> depths{1, 2};
    double learning_rate = 1e-3;
    std::int64_t steps = 5;
    std::string optimiser = "adamw";
    std::int64_t batch = lab::kAutoInteger;
    bool layer_norm = false;
    std::int64_t pause_milliseconds = 0;
    std::string fail = "no";
};

void add_options(lab::Options& options, Config& config) {
    lab::add_common(options, config);
    options.group("model", "Model");
    options.add("p", config.p, "modulus of the task").at_least(2);
    options.add("depths", config.depths, "hidden layers, one model each").range(1, 16);
    options.add("layer_norm", config.layer_norm, "normalise before each layer");
    options.group("train", "Training");
    options.add("learning_rate", config.learning_rate, "step size of the optimiser").above(0);
    options.add("steps", config.steps, "length of the training").unit("steps").at_least(1);
    options.add("optimiser", config.optimiser, "how theta is stepped").choices({"adamw", "sgd"});
    options.add("batch", config.batch, "samples a step").at_least(1).automatic("all of them");
    options.group("test", "Test");
    options.add("pause_milliseconds", config.pause_milliseconds, "wait after each step").neutral();
    options.add("fail", config.fail, "how to end")
        .choices({"no", "outcome", "input", "bug", "memory"})
        .neutral();
    options.add_check([&] {
        if (config.batch > config.p * config.p)
            throw lab::InputError("batch", "there are only p * p samples", "lower it");
    });
}

lab::Outcome run_experiment(const Config& config, lab::Run& run) {
    std::int64_t first_step = 0;
    lab::TableMarks marks({run.folder.file("metrics.tsv")});
    std::string marked;
    if (run.folder.is_resumed()) {
        for (const lab::Checkpoint& checkpoint : run.folder.checkpoints("")) {
            const lab::TensorFile state = lab::read_tensors(checkpoint.path);
            first_step = state.number<std::int64_t>("step");
            marked = state.text("tables");
            break;
        }
    }
    marks.cut_back(marked);
    lab::TableWriter metrics(run.folder.file("metrics.tsv"), {"step", "loss"},
                             lab::TableWriter::Mode::append);
    lab::ProgressTask& task = run.progress.add("", config.steps);
    task.resume(first_step);
    run.manifest.add_stream("init");
    for (std::int64_t step = first_step + 1; step <= config.steps; ++step) {
        const double loss = 1.0 / static_cast<double>(step);
        metrics.add_row({step, loss});
        lab::TensorFile state;
        state.add_number<std::int64_t>("step", step);
        state.metadata["tables"] = marks.text();
        lab::write_tensors(run.folder.checkpoint("", step), state);
        task.at(step, {{"loss", loss}});
        if (lab::is_interrupted()) throw lab::Interrupted();
        std::this_thread::sleep_for(std::chrono::milliseconds(config.pause_milliseconds));
    }
    task.finish();
    metrics.close();
    if (config.fail == "outcome") return lab::Outcome::failed("depth 2 diverged at step 3");
    if (config.fail == "input") throw lab::InputError("data.tsv", "is empty", "give another");
    if (config.fail == "bug") throw std::logic_error("3 is not 4");
    if (config.fail == "memory") throw std::bad_alloc();
    run.manifest.add_number({.name = "final_loss", .value = 1.0 / double(config.steps)});
    run.manifest.add_counter("steps", double(config.steps));
    run.result("final_loss\t" + lab::format_number(1.0 / double(config.steps)));
    return lab::Outcome::done();
}

}  // namespace

int main(int argc, char** argv) {
    Config config;
    lab::Options options;
    add_options(options, config);
    return lab::run_main(
        argc, argv,
        {.name = "fake_experiment",
         .question = "Does the command line work?",
         .recipes = lab::compiled_recipes(),
         .examples = {{"--recipe quick", "everything in no time"},
                      {"--depths 1..4 --learning-rate 1e-4", "other settings"}},
         .estimate =
             [&] {
                 return std::vector<lab::Estimate>{{"depth 1", 12, config.steps, 1.5e6, 3}};
             },
         .tables = {"metrics.tsv"},
         .run = [&](lab::Run& run) { return run_experiment(config, run); },
         .report =
             [](const std::filesystem::path& folder) {
                 lab::write_atomically(folder / "report.html", "<!doctype html>\n");
             }},
        options);
}
