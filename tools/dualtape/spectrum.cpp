// dualtape spectrum: spectra of any operator at any checkpoints of a run, with figures and a
// report.

#include <cmath>
#include <filesystem>
#include <iostream>

#include "engine/core/parallel.h"
#include "engine/curvature/parameter_indices.h"
#include "engine/curvature/point_operator.h"
#include "engine/curvature/restricted_operator.h"
#include "experiments/lab/safetensors.h"
#include "experiments/setups/open_run.h"
#include "tools/dualtape/results_folder.h"
#include "tools/dualtape/spectrum_report.h"
#include "tools/dualtape/spectrum_watch.h"
#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;
using lab::InputError;

struct Settings {
    std::int64_t top = 10, bottom = 3;
    bool density = false, trace = false, verify = false, strict = false;
    std::string matrix = "hessian", block_by = "none", checkpoints = "last", part = "train", out;
    double tolerance = 1e-6;
    std::int64_t max_products = 5000, trace_probes = 64, density_probes = 8, density_steps = 64;
    std::int64_t seed = 0, threads = 0;
    bool force = false, quiet = false;
};

analysis::SpectrumSettings spectrum_settings(const Settings& from) {
    analysis::SpectrumSettings to;
    to.largest = static_cast<Index>(from.top);
    to.smallest = static_cast<Index>(from.bottom);
    to.tolerance = from.tolerance;
    to.max_products = static_cast<Index>(from.max_products);
    to.verifies = from.verify;
    to.has_trace = from.trace;
    to.trace_probes = static_cast<Index>(from.trace_probes);
    to.has_density = from.density;
    to.density_probes = static_cast<Index>(from.density_probes);
    to.density_steps = static_cast<Index>(from.density_steps);
    to.seed = static_cast<std::uint64_t>(from.seed);
    to.threads = resolve_threads(static_cast<int>(from.threads));
    return to;
}

// One block of one operator over the checkpoints of one training.
struct Job {
    lab::Labels labels;
    std::string block;  // a layer; "" is the whole matrix
    Mat<double> start;  // vectors of the checkpoint before
};

class Measurement {
  public:
    Measurement(const Settings& settings, const setups::OpenedRun& run, const fs::path& out,
                SpectrumWatcher& watcher)
        : settings_(settings), run_(run), out_(out), watcher_(watcher) {}

    // Returns whether all solves have converged.
    bool measure(const setups::TrainedNetwork& trained) {
        const auto net = run_.setup().classifier<double>(trained.training);
        const auto part = settings_.part == "train" ? analysis::Part::train : analysis::Part::test;
        if (net->samples(part) == 0) {
            throw InputError("--part " + settings_.part, "the run has no such samples",
                             "choose the other part");
        }
        const Index pairs = static_cast<Index>(settings_.top + settings_.bottom);
        if (pairs > net->model().size()) {
            throw InputError("--top and --bottom",
                             std::to_string(pairs) + " eigenvalues are wanted of a network with " +
                                 std::to_string(net->model().size()) + " parameters",
                             "ask for fewer");
        }
        std::vector<Job> jobs{{labels(trained.training, ""), "", {}}};
        if (settings_.block_by == "layer") {
            for (const std::string& layer : analysis::layer_names(net->parameters())) {
                jobs.push_back({labels(trained.training, layer), layer, {}});
            }
        }
        Workspace<double> work(net->model(), static_cast<int>(settings_.threads));
        bool has_converged = true;
        for (const lab::Checkpoint& checkpoint : trained.checkpoints) {
            const Vec<double> theta =
                setups::read_theta(lab::read_tensors(checkpoint.path), net->parameters());
            const Point<double> point = net->model().at(work, theta, net->batch(part));
            for (Job& job : jobs) has_converged &= measure(job, point, checkpoint.step);
        }
        return has_converged;
    }

  private:
    lab::Labels labels(const setups::Training& training, const std::string& block) const {
        lab::Labels labels = training.columns();
        labels.emplace_back("operator", settings_.matrix);
        labels.emplace_back("block", block);
        return labels;
    }

    bool measure(Job& job, const Point<double>& point, std::int64_t step) {
        const curvature::PointOperator<double> whole(point,
                                                     curvature::curvature_matrix(settings_.matrix));
        std::optional<curvature::RestrictedOperator<double>> restricted;
        if (!job.block.empty()) {
            restricted.emplace(whole, curvature::parameter_indices(point.plan(), job.block));
        }
        const curvature::Operator<double>& matrix =
            restricted ? static_cast<const curvature::Operator<double>&>(*restricted) : whole;
        std::string name;
        for (const auto& [label, value] : job.labels) {
            if (!value.empty()) name += (name.empty() ? "" : " ") + value;
        }
        const double start = lab::steady_seconds();
        const analysis::Spectrum spectrum = analysis::measure_spectrum(
            matrix, spectrum_settings(settings_), job.start,
            watcher_.watch(name + " step " + std::to_string(step), settings_.max_products));
        if (spectrum.is_cancelled()) throw lab::Interrupted();
        job.start = spectrum.vectors;
        lab::CurvatureTables([&](const char* table) { return out_ / table; }, job.labels)
            .add(step, spectrum);
        add_summary(out_, job.labels, step,
                    {.loss = point.value(),
                     .parameters = matrix.rows(),
                     .products = matrix.products(),
                     .quadratics = matrix.quadratics(),
                     .seconds = lab::steady_seconds() - start},
                    spectrum);
        return spectrum.status == "converged";
    }

    const Settings& settings_;
    const setups::OpenedRun& run_;
    fs::path out_;
    SpectrumWatcher& watcher_;
};

int run(const Settings& settings, const fs::path& place) {
    const setups::OpenedRun opened(place);
    const auto trained = opened.trained(setups::CheckpointChoice(settings.checkpoints));
    fs::path out = settings.out;
    if (out.empty()) {
        out = opened.folder() / "spectrum";
        if (opened.is_single()) {
            out += "-" + trained[0].training.name + "-" + place.stem().string();
        }
    }
    if (settings.top + settings.bottom == 0 && !settings.density && !settings.trace) {
        throw InputError("--top 0 --bottom 0", "nothing is left to measure",
                         "ask for eigenvalues, --density or --trace");
    }
    prepare_results(out, kSummaryTable, settings.force);
    lab::watch_interrupts();
    SpectrumWatcher watcher(settings.quiet);
    Measurement measurement(settings, opened, out, watcher);
    bool has_converged = true;
    for (const setups::TrainedNetwork& network : trained) {
        has_converged &= measurement.measure(network);
    }
    watcher.finish();
    const fs::path report = write_spectrum_report(out, opened, settings.part);
    std::cout << report.string() << '\n';
    return has_converged || !settings.strict ? 0 : 1;
}

void add_options(lab::Options& options, Settings& settings) {
    options.group("eigenvalues", "Eigenvalues");
    options.add("top", settings.top, "largest eigenvalues").range(0, 1000);
    options.add("bottom", settings.bottom, "smallest eigenvalues").range(0, 1000);
    options
        .add("tolerance", settings.tolerance,
             "residual of a converged pair, relative to the largest eigenvalue")
        .above(0)
        .below(0.1);
    options
        .add("max_products", settings.max_products,
             "products of one solve before it stops unconverged")
        .at_least(10);
    options.add("verify", settings.verify, "look for missed copies of repeated eigenvalues");
    options.add("strict", settings.strict, "exit code 1 when a solve did not converge");
    options.group("whole", "The whole spectrum");
    options.add("trace", settings.trace, "trace and Frobenius norm, with standard errors");
    options.add("trace_probes", settings.trace_probes, "random vectors of it").at_least(2);
    options.add("density", settings.density, "spectral density and counts");
    options.add("density_probes", settings.density_probes, "random vectors of it").at_least(2);
    options.add("density_steps", settings.density_steps, "Lanczos steps of each").at_least(2);
    options.group("matrix", "Matrix");
    options.add("operator", settings.matrix, "of the mean loss in double; decay is not part of it")
        .choices(curvature::curvature_matrix_words());
    options.add("block_by", settings.block_by, "also the diagonal block of every layer")
        .choices({"none", "layer"});
    options.add("checkpoints", settings.checkpoints, "all, last, or how many of the last ones");
    options.add("part", settings.part, "samples of the loss").choices({"train", "test"});
    options.group("run", "Run");
    options.add("out", settings.out, "folder of the results; default RUN/spectrum").is_path();
    options.add("force", settings.force, "replace earlier spectra there");
    options.add("seed", settings.seed, "of the random vectors").at_least(0);
    options.add("threads", settings.threads, "threads; 0 takes all; results are the same")
        .range(0, 4096);
    options.add("quiet", settings.quiet, "no progress on the terminal");
}

}  // namespace

Subcommand spectrum() {
    const auto settings = std::make_shared<Settings>();
    Subcommand self{
        .name = "spectrum",
        .operands = "RUN|CHECKPOINT",
        .purpose = "eigenvalues, trace and density of the curvature of a trained network",
        .examples = {{"runs/first --density --trace", "at the last checkpoint of every training"},
                     {"runs/first --checkpoints all --block-by layer --operator ggn",
                      "the Gauss-Newton matrix and its blocks over the whole training"}}};
    add_options(*self.options, *settings);
    self.run = [settings](const std::vector<std::string>& operands) {
        return run(*settings, operands[0]);
    };
    return self;
}

}  // namespace dualtape::tools
