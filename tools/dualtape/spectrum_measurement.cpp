#include "tools/dualtape/spectrum_measurement.h"

#include <algorithm>
#include <optional>

#include "engine/curvature/length.h"
#include "engine/curvature/parameter_indices.h"
#include "engine/curvature/point_operator.h"
#include "engine/curvature/restricted_operator.h"
#include "engine/kernels/random.h"
#include "experiments/analyses/curvature/sharpness.h"
#include "experiments/analyses/curvature/subset_spectra.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/progress.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/threads.h"
#include "tools/dualtape/operator_checks.h"
#include "tools/dualtape/parameter_choice.h"
#include "tools/dualtape/sharpness_table.h"
#include "tools/dualtape/spectrum_report.h"
#include "tools/dualtape/subset_table.h"

namespace dualtape::tools {

using lab::InputError;

namespace {

// The matrix of a point, or a block of it.
class BlockMatrix {
  public:
    BlockMatrix(const Point<double>& point, const std::string& matrix,
                const curvature::IndexSet& indices)
        : whole_(point, curvature::curvature_matrix(matrix)) {
        if (!indices.empty()) block_.emplace(whole_, indices);
    }
    const curvature::Operator<double>& get() const {
        if (block_) return *block_;
        return whole_;
    }

  private:
    curvature::PointOperator<double> whole_;
    std::optional<curvature::RestrictedOperator<double>> block_;
};

// |(H - G) v| / |H v| where the two parts of the Hessian differ by the rounding of products alone.
constexpr double kRounding = 1e-12;

// Of a line of progress: "depth 2, seed 0, hessian, step 40".
std::string name_of(const lab::Labels& labels, std::int64_t step) {
    std::string name;
    for (const auto& [label, value] : labels) {
        if (value.empty()) continue;
        const bool says_itself = label == "operator" || label == "block";
        name += (says_itself ? value : label + " " + value) + ", ";
    }
    return name + "step " + std::to_string(step);
}

// The leading vector of either end; none of an exact spectrum.
Mat<double> leading_vectors(const analyses::Spectrum& spectrum) {
    if (spectrum.vectors.cols() == 0) return spectrum.vectors;
    std::vector<Index> columns;
    if (!spectrum.largest.empty()) columns.push_back(0);
    const auto top = static_cast<Index>(spectrum.largest.size());
    if (!spectrum.smallest.empty()) columns.push_back(top);
    return spectrum.vectors(Eigen::all, columns);
}

}  // namespace

void SpectrumMeasurement::prepare(const study::TrainedNetwork& trained) const {
    const auto net = run_.setup().classifier<double>(trained.training);
    check(*net);
    const std::vector<Job> jobs = this->jobs(trained.training, *net);
    for (const lab::Checkpoint& checkpoint : trained.checkpoints) {
        for (const Job& job : jobs) watcher_.announce(name_of(job.labels, checkpoint.step));
        for (std::int64_t i = 0; request_.hessian_batch > 0 && i < request_.repeats; ++i) {
            watcher_.announce(name_of(jobs[0].labels, checkpoint.step) + ", subset " +
                              std::to_string(i + 1));
        }
    }
}

void SpectrumMeasurement::check(const study::Classifier<double>& net) const {
    const Index samples = net.samples(request_.samples());
    if (samples == 0) {
        throw InputError("--part " + request_.part, "the run has no such samples",
                         "choose the other part");
    }
    if (request_.hessian_batch > samples) {
        throw InputError(
            "--hessian-batch " + std::to_string(request_.hessian_batch),
            "the run has " + std::to_string(samples) + " " + request_.part + " samples",
            "choose fewer, or 0 for no subsets");
    }
    Index rows = net.model().size();
    if (!request_.only.empty()) {
        rows = static_cast<Index>(choose_parameters(request_.only, net.parameters()).size());
    }
    if (8 * std::max(request_.top, request_.smallest(request_.is_semidefinite())) > rows &&
        rows > request_.dense_limit) {
        throw InputError("--top and --bottom",
                         "more than an eighth of the " + std::to_string(rows) +
                             " eigenvalues is wanted at one end, for which the whole matrix is "
                             "better",
                         "ask for fewer, or set --dense-limit " + std::to_string(rows));
    }
}

std::vector<SpectrumMeasurement::Job> SpectrumMeasurement::jobs(
    const study::Training& training, const study::Classifier<double>& net) const {
    std::vector<Job> jobs;
    const auto add = [&](const std::string& block, curvature::IndexSet indices) {
        lab::Labels labels = training.columns();
        labels.emplace_back("operator", request_.matrix);
        labels.emplace_back("block", block);
        jobs.push_back({std::move(labels), std::move(indices), false, 0, {}});
    };
    if (request_.only.empty()) {
        add("", {});
    } else {
        add(lab::join(request_.only, " + "), choose_parameters(request_.only, net.parameters()));
    }
    if (request_.block_by == "layer") {
        for (const std::string& layer : analyses::layer_names(net.parameters())) {
            add(layer, curvature::parameter_indices(net.model().plan(), layer));
        }
    }
    return jobs;
}

bool SpectrumMeasurement::measure(const study::TrainedNetwork& trained) {
    const auto net = run_.setup().classifier<double>(trained.training);
    const Batch<double> batch = net->batch(request_.samples());
    Workspace<double> work(net->model(), lab::usable_threads(request_.threads));
    std::vector<Job> jobs = this->jobs(trained.training, *net);
    bool has_converged = true;
    for (const lab::Checkpoint& checkpoint : trained.checkpoints) {
        const Vec<double> theta = study::read_theta(checkpoint, net->parameters());
        const Point<double> point = net->model().at(work, theta, batch);
        const double noise = check_operator(jobs[0], point, checkpoint.step);
        for (Job& job : jobs) {
            solve(job, point, checkpoint.step, noise);
            has_converged &= job.last.has_converged();
        }
        if (request_.hessian_batch > 0) {
            has_converged &= measure_subsets(jobs[0], checkpoint.step, *net, work, theta, noise);
        }
        if (request_.sharpness) {
            measure_sharpness(trained.training.columns(), checkpoint.step, *net, work, theta,
                              jobs[0].last);
        }
    }
    return has_converged;
}

double SpectrumMeasurement::check_operator(const Job& job, const Point<double>& point,
                                           std::int64_t step) const {
    const BlockMatrix block(point, request_.matrix, job.indices);
    const curvature::OperatorCheck check =
        curvature::check_operator(block.get(), static_cast<std::uint64_t>(request_.seed));
    add_check(out_, job.labels, step, check);
    return check.noise;
}

bool SpectrumMeasurement::is_gauss_newton(const Job& job, const Point<double>& point) const {
    if (request_.matrix != "hessian" || job.indices.empty()) return false;
    const BlockMatrix rest(point, "residual", job.indices), block(point, "hessian", job.indices);
    const Index rows = block.get().rows();
    Mat<double> v(rows, 1), rest_v(rows, 1), block_v(rows, 1);
    kernels::Stream(static_cast<std::uint64_t>(request_.seed), "gauss-newton check")
        .fill_normal(v.data(), rows);
    rest.get().apply(v, rest_v);
    block.get().apply(v, block_v);
    return curvature::length(rest_v) <= kRounding * curvature::length(block_v);
}

void SpectrumMeasurement::solve(Job& job, const Point<double>& point, std::int64_t step,
                                double product_noise) {
    // Of equal matrices, the products of Gauss-Newton cost two thirds.
    const bool has_cheaper = is_gauss_newton(job, point);
    const BlockMatrix block(point, has_cheaper ? "ggn" : request_.matrix, job.indices);
    const curvature::Operator<double>& matrix = block.get();
    job.is_semidefinite = has_cheaper || request_.is_semidefinite();
    analyses::SpectrumSettings settings = request_.solve(job.is_semidefinite);
    settings.product_noise = product_noise;
    settings.expected_products = job.products;
    const double start = lab::steady_seconds();
    job.last = analyses::measure_spectrum(matrix, settings, Mat<double>(job.last.vectors),
                                          watcher_.next());
    if (job.last.is_cancelled()) throw lab::Interrupted();
    if (!job.last.is_whole) job.products = job.last.products;
    analyses::CurvatureTables([&](const char* table) { return out_ / table; }, job.labels)
        .add(step, job.last);
    add_summary(out_, job.labels, step,
                {.loss = point.value(),
                 .parameters = matrix.rows(),
                 .is_semidefinite = job.is_semidefinite,
                 .products = matrix.products(),
                 .quadratics = matrix.quadratics(),
                 .seconds = lab::steady_seconds() - start},
                job.last);
}

bool SpectrumMeasurement::measure_subsets(const Job& job, std::int64_t step,
                                          const study::Classifier<double>& net,
                                          Workspace<double>& work, const Vec<double>& theta,
                                          double product_noise) const {
    analyses::SpectrumSettings settings = request_.solve(job.is_semidefinite);
    settings.product_noise = product_noise;
    settings.largest = std::min<Index>(settings.largest, 1);
    settings.smallest = std::min<Index>(settings.smallest, 1);
    settings.check = curvature::CopyCheck::never;  // the values are wanted, not their copies
    settings.has_density = false;
    const auto samples = static_cast<Index>(request_.hessian_batch);
    const auto subsets = curvature::random_subsets(net.samples(request_.samples()), samples,
                                                   static_cast<Index>(request_.repeats),
                                                   static_cast<std::uint64_t>(request_.seed));
    const Mat<double> start = leading_vectors(job.last);
    const auto spectra = analyses::measure_subset_spectra(
        net.model(), work, theta, net.batch(request_.samples()), subsets,
        [&](const Point<double>& point) {
            const BlockMatrix block(point, request_.matrix, job.indices);
            return analyses::measure_spectrum(block.get(), settings, start, watcher_.next());
        });
    if (spectra.back().is_cancelled()) throw lab::Interrupted();
    add_subsets(out_, job.labels, step, samples, spectra);
    return std::all_of(spectra.begin(), spectra.end(),
                       [](const analyses::Spectrum& spectrum) { return spectrum.has_converged(); });
}

void SpectrumMeasurement::measure_sharpness(const lab::Labels& labels, std::int64_t step,
                                            const study::Classifier<double>& net,
                                            Workspace<double>& work, const Vec<double>& theta,
                                            const analyses::Spectrum& whole) const {
    analyses::MeasureSettings settings = request_.measures;
    settings.seed = static_cast<std::uint64_t>(request_.seed);
    const analyses::SharpnessMeasures measures =
        analyses::measure_all_sharpness(net.model(), work, theta, net.batch(request_.samples()),
                                        settings, [] { return !lab::is_interrupted(); });
    if (measures.is_cancelled) throw lab::Interrupted();
    const bool is_hessian = request_.matrix == "hessian" && request_.only.empty();
    add_sharpness(out_, labels, step, measures, settings, is_hessian ? &whole : nullptr);
}

}  // namespace dualtape::tools
