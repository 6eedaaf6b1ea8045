#include "experiments/lab/sharpness_track.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include "experiments/lab/interrupt.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/task_tables.h"

namespace dualtape::lab {

namespace {

constexpr double kUnmeasured = std::numeric_limits<double>::quiet_NaN();

const char* const kCurvatureColumns[] = {"step",
                                         "loss",
                                         "gradient_norm",
                                         "lambda_max",
                                         "lambda_max_residual",
                                         "lambda_max_bound",
                                         "lambda_min",
                                         "lambda_min_residual",
                                         "lambda_min_bound",
                                         "num_negative",
                                         "num_negative_is_exact",
                                         "status",
                                         "num_converged",
                                         "num_wanted",
                                         "worst_relative_residual",
                                         "products",
                                         "restarts",
                                         "power_value",
                                         "power_residual",
                                         "power_rounds",
                                         "gradient_share",
                                         "gauss_newton_share",
                                         "overlap_previous",
                                         "two_over_rate",
                                         "dense_lambda_max",
                                         "dense_lambda_min",
                                         "dense_num_negative",
                                         "dense_difference"};
const char* const kEigenvalueColumns[] = {"step",     "end",   "rank",        "value",
                                          "residual", "bound", "is_converged"};
const char* const kOverlapColumns[] = {"step", "other_step", "overlap"};

// The largest residual of the wanted pairs over the largest modulus of an eigenvalue.
double worst_relative_residual(const analysis::Sharpness& sharpness) {
    double worst = 0, norm = 0;
    for (const auto* end : {&sharpness.largest, &sharpness.smallest}) {
        for (const analysis::Eigenvalue& pair : *end) {
            worst = std::max(worst, pair.residual);
            norm = std::max(norm, std::abs(pair.value));
        }
    }
    return norm > 0 ? worst / norm : worst;
}

Cell cell_of(bool is_measured, double value) { return is_measured ? Cell(value) : Cell(); }

}  // namespace

void add_sharpness_track(Options& options, SharpnessTrackSettings& settings) {
    options.group("curvature", "Curvature");
    options.add("curvature_every", settings.every, "distance between visits: spectrum, checkpoint")
        .unit("steps")
        .at_least(1);
    options.add("eigenpairs", settings.pairs, "wanted at either end of the spectrum").range(1, 100);
    options
        .add("curvature_tolerance", settings.tolerance,
             "residual of a converged pair, relative to the largest eigenvalue")
        .above(0)
        .below(0.1);
    options
        .add("max_products", settings.max_products,
             "Hessian-vector products of one solve before it stops unconverged")
        .at_least(10);
    options.add("power_rounds", settings.power_rounds, "rounds of power iteration; 0: none")
        .at_least(0);
    options
        .add("power_tolerance", settings.power_tolerance,
             "relative residual that ends power iteration early; 0: never")
        .at_least(0);
    options
        .add("dense_limit", settings.dense_limit,
             "parameters up to which the whole spectrum is computed as a check")
        .range(0, 5000);
}

SharpnessTrack::SharpnessTrack(const SharpnessTrackSettings& settings,
                               const analysis::Classifier<double>& net, const Run& run,
                               std::string task_name, Labels labels, std::uint64_t seed,
                               double two_over_rate, int threads)
    : settings_(settings),
      net_(net),
      run_(run),
      task_name_(std::move(task_name)),
      labels_(std::move(labels)),
      seed_(seed),
      two_over_rate_(two_over_rate),
      work_(net.model(), threads),
      batch_(net.batch(analysis::Part::train)) {}

std::filesystem::path SharpnessTrack::state_path(std::int64_t step) const {
    char name[48];
    std::snprintf(name, sizeof name, "curvature-%08lld.safetensors", static_cast<long long>(step));
    return run_.folder.task_file(task_name_, name);
}

bool SharpnessTrack::begin(std::int64_t step) {
    visits_.clear();
    leading_.clear();
    start_.resize(net_.model().size(), 0);
    const auto path = [&](const char* name) { return run_.folder.task_file(task_name_, name); };
    if (step >= 0) {
        // The last visit up to this step is the last one in the table.
        if (!std::filesystem::exists(path("curvature.tsv"))) return false;
        std::int64_t last = -1;
        for (const double visited : read_table(path("curvature.tsv")).numbers("step")) {
            if (visited <= static_cast<double>(step)) last = static_cast<std::int64_t>(visited);
        }
        if (last >= 0) {
            if (!std::filesystem::exists(state_path(last))) return false;
            const TensorFile file = read_tensors(state_path(last));
            start_ = file.matrix<float>("start");
            visits_ = file.values<std::int64_t>("steps");
            const Mat<float> leading = file.matrix<float>("leading");
            for (Index i = 0; i < leading.cols(); ++i) leading_.push_back(leading.col(i));
        }
    }
    for (const char* name : {"curvature.tsv", "eigenvalues.tsv", "overlap.tsv"}) {
        cut_table(path(name), step);
    }
    const auto open = [&](std::optional<TableWriter>& table, const char* name,
                          std::span<const char* const> own) {
        std::vector<std::string> columns;
        for (const auto& [label, value] : labels_) columns.push_back(label);
        columns.insert(columns.end(), own.begin(), own.end());
        table.emplace(path(name), std::move(columns), TableWriter::Mode::append);
    };
    open(curvature_, "curvature.tsv", kCurvatureColumns);
    open(eigenvalues_, "eigenvalues.tsv", kEigenvalueColumns);
    open(overlap_, "overlap.tsv", kOverlapColumns);
    return true;
}

bool SharpnessTrack::visit(std::int64_t step, const Vec<double>& theta) {
    const analysis::SharpnessSettings settings{
        .pairs = static_cast<Index>(settings_.pairs),
        .tolerance = settings_.tolerance,
        .max_products = static_cast<Index>(settings_.max_products),
        .power_rounds = static_cast<Index>(settings_.power_rounds),
        .power_tolerance = settings_.power_tolerance,
        .dense_limit = static_cast<Index>(settings_.dense_limit),
        .seed = seed_,
        .step = static_cast<std::uint64_t>(step),
        .threads = work_.threads()};
    const Point<double> point = net_.model().at(work_, theta, batch_);
    const analysis::Sharpness sharpness =
        analysis::measure_sharpness(point, settings, start_.cast<double>(), is_interrupted);
    if (sharpness.status == "cancelled") return false;
    remember(step, sharpness);
    save(step);
    add_rows(step, sharpness);
    if (visits_.size() > 2) std::filesystem::remove(state_path(visits_[visits_.size() - 3]));
    return true;
}

void SharpnessTrack::remember(std::int64_t step, const analysis::Sharpness& sharpness) {
    start_ = sharpness.vectors.cast<float>();
    visits_.push_back(step);
    leading_.push_back(start_.cols() > 0 ? Vec<float>(start_.col(0))
                                         : Vec<float>::Zero(net_.model().size()));
}

void SharpnessTrack::save(std::int64_t step) const {
    Mat<float> leading(net_.model().size(), static_cast<Index>(leading_.size()));
    for (std::size_t i = 0; i < leading_.size(); ++i) {
        leading.col(static_cast<Index>(i)) = leading_[i];
    }
    TensorFile file;
    file.metadata["step"] = std::to_string(step);
    file.add_matrix<float>("start", start_);
    file.add_matrix<float>("leading", leading);
    file.add_vector<std::int64_t>("steps", std::span(visits_));
    write_tensors(state_path(step), file);
}

void SharpnessTrack::add_row(TableWriter& table, std::initializer_list<Cell> cells) const {
    std::vector<Cell> row;
    for (const auto& [label, value] : labels_) row.emplace_back(value);
    row.insert(row.end(), cells);
    table.add_row(row);
}

void SharpnessTrack::add_rows(std::int64_t step, const analysis::Sharpness& sharpness) {
    const auto at = [](const std::vector<analysis::Eigenvalue>& pairs) {
        return pairs.empty() ? analysis::Eigenvalue{kUnmeasured, kUnmeasured, kUnmeasured, false}
                             : pairs[0];
    };
    std::vector<double> overlaps;
    for (std::size_t i = 0; i < leading_.size(); ++i) {
        const auto left = leading_[i].cast<double>();
        const auto right = leading_.back().cast<double>();
        overlaps.push_back(std::abs(left.dot(right)) / (left.norm() * right.norm()));
        add_row(*overlap_, {step, visits_[i], overlaps.back()});
    }
    const auto add_end = [&](const char* end, const std::vector<analysis::Eigenvalue>& pairs) {
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            add_row(*eigenvalues_, {step, end, i + 1, pairs[i].value, pairs[i].residual,
                                    pairs[i].bound, pairs[i].is_converged});
        }
    };
    add_end("largest", sharpness.largest);
    add_end("smallest", sharpness.smallest);

    const analysis::Eigenvalue top = at(sharpness.largest), bottom = at(sharpness.smallest);
    const analysis::PowerIteration power = sharpness.power.value_or(analysis::PowerIteration{});
    const analysis::DenseEnds dense = sharpness.dense.value_or(analysis::DenseEnds{});
    const bool has_power = sharpness.power.has_value(), has_dense = sharpness.dense.has_value();
    const bool has_previous = overlaps.size() > 1;
    add_row(*curvature_,
            {step,
             sharpness.loss,
             sharpness.gradient_norm,
             top.value,
             top.residual,
             top.bound,
             bottom.value,
             bottom.residual,
             bottom.bound,
             sharpness.num_negative,
             sharpness.is_count_exact,
             sharpness.status,
             sharpness.num_converged,
             sharpness.num_wanted,
             worst_relative_residual(sharpness),
             sharpness.products,
             sharpness.restarts,
             cell_of(has_power, power.value),
             cell_of(has_power, power.residual),
             has_power ? Cell(power.rounds) : Cell(),
             sharpness.gradient_share,
             sharpness.gauss_newton_share,
             cell_of(has_previous, has_previous ? overlaps[overlaps.size() - 2] : 0),
             two_over_rate_,
             cell_of(has_dense, dense.largest),
             cell_of(has_dense, dense.smallest),
             has_dense ? Cell(dense.num_negative) : Cell(),
             cell_of(has_dense, std::abs(dense.largest - top.value) / std::abs(dense.largest))});
}

}  // namespace dualtape::lab
