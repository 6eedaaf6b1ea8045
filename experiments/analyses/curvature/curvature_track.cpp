#include "experiments/analyses/curvature/curvature_track.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <span>

#include "engine/curvature/edge_of_stability.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/safetensors.h"

namespace dualtape::analyses {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Of Adam, whose own threshold holds in another metric, that of gradient descent at the same rate.
double descent_threshold(const lab::OptimiserSettings& optimiser) {
    return optimiser.optimiser == "sgd"
               ? curvature::heavy_ball_threshold(optimiser.learning_rate, optimiser.momentum)
               : curvature::gradient_descent_threshold(optimiser.learning_rate);
}

}  // namespace

CurvatureTrack::CurvatureTrack(const CurvatureSettings& settings, const lab::TrainSettings& train,
                               const study::Classifier<double>& net, const lab::Run& run,
                               std::string task_name, lab::Labels labels, std::uint64_t seed,
                               int threads)
    : settings_(settings),
      train_(train),
      net_(net),
      run_(run),
      task_name_(std::move(task_name)),
      labels_(std::move(labels)),
      seed_(seed),
      work_(net.model(), threads),
      batch_(net.batch(study::Part::train)) {}

std::filesystem::path CurvatureTrack::path(const char* table) const {
    return run_.folder.task_file(task_name_, table);
}

std::filesystem::path CurvatureTrack::state_path(std::int64_t step) const {
    char name[48];
    std::snprintf(name, sizeof name, "curvature-%08lld.safetensors", static_cast<long long>(step));
    return run_.folder.task_file(task_name_, name);
}

bool CurvatureTrack::begin(std::int64_t step) {
    visits_.clear();
    leading_.clear();
    start_.resize(net_.model().size(), 0);
    // The table ends with the last visit up to this step; before the first one there is none.
    if (step >= 0 && std::filesystem::exists(path("curvature.tsv"))) {
        const std::vector<double> visited = lab::read_table(path("curvature.tsv")).numbers("step");
        if (!visited.empty()) {
            const auto last = static_cast<std::int64_t>(visited.back());
            if (!std::filesystem::exists(state_path(last))) return false;
            const lab::TensorFile file = lab::read_tensors(state_path(last));
            if (file.text("step") != std::to_string(last) || file.text("training") != task_name_ ||
                file.text("settings_hash") != run_.folder.settings_hash()) {
                return false;
            }
            start_ = file.matrix<float>("start");
            visits_ = file.values<std::int64_t>("steps");
            const Mat<float> leading = file.matrix<float>("leading");
            for (Index i = 0; i < leading.cols(); ++i) leading_.push_back(leading.col(i));
        }
    }
    const char* const columns[] = {"step", "other_step", "overlap"};
    overlap_.emplace(path("overlap.tsv"), lab::labelled_columns(labels_, columns),
                     lab::TableWriter::Mode::append);
    tables_.emplace([this](const char* name) { return path(name); }, labels_);
    return true;
}

bool CurvatureTrack::visit(std::int64_t step, const Vec<double>& theta, const Vec<double>& diagonal,
                           const Vec<double>& update) {
    const auto number = static_cast<std::int64_t>(visits_.size());
    SharpnessSettings settings = settings_.at_visit(number, step == train_.steps, work_.threads());
    settings.spectrum.seed = seed_;
    settings.step = static_cast<std::uint64_t>(step);
    settings.update = update;
    const lab::OptimiserSettings& optimiser = train_.optimiser;
    VisitFacts facts{.overlap_previous = kNone,
                     .descent_threshold = descent_threshold(optimiser),
                     .preconditioned_threshold = kNone};
    if (diagonal.size() > 0) {
        settings.preconditioner =
            curvature::adam_diagonal(diagonal, static_cast<Index>(step), optimiser.beta1);
        facts.preconditioned_threshold =
            curvature::adam_threshold(optimiser.learning_rate, optimiser.beta1);
    }
    const Point<double> point = net_.model().at(work_, theta, batch_);
    const Sharpness sharpness =
        analyses::measure_sharpness(point, net_.parameters(), settings, start_.cast<double>(),
                                    [](const SpectrumProgress&) { return !lab::is_interrupted(); });
    if (sharpness.spectrum.is_cancelled()) return false;
    remember(step, sharpness.spectrum);
    save(step);
    facts.overlap_previous = add_overlaps(step);
    tables_->add(step, sharpness, facts);
    if (visits_.size() > 2) std::filesystem::remove(state_path(visits_[visits_.size() - 3]));
    return true;
}

void CurvatureTrack::remember(std::int64_t step, const Spectrum& spectrum) {
    start_ = spectrum.vectors.cast<float>();
    visits_.push_back(step);
    leading_.push_back(spectrum.largest.empty() ? Vec<float>::Zero(net_.model().size())
                                                : Vec<float>(start_.col(0)));
}

void CurvatureTrack::save(std::int64_t step) const {
    Mat<float> leading(net_.model().size(), static_cast<Index>(leading_.size()));
    for (std::size_t i = 0; i < leading_.size(); ++i) {
        leading.col(static_cast<Index>(i)) = leading_[i];
    }
    lab::TensorFile file;
    file.metadata["step"] = std::to_string(step);
    file.metadata["training"] = task_name_;
    file.metadata["settings_hash"] = run_.folder.settings_hash();
    file.add_matrix<float>("start", start_);
    file.add_matrix<float>("leading", leading);
    file.add_vector<std::int64_t>("steps", std::span(visits_));
    lab::write_tensors(state_path(step), file);
}

// Rows of this visit against all up to it; returns the overlap with the one before, NaN without.
double CurvatureTrack::add_overlaps(std::int64_t step) {
    if (settings_.count("top") == 0) return kNone;
    double previous = kNone;
    for (std::size_t i = 0; i < leading_.size(); ++i) {
        const auto left = leading_[i].cast<double>();
        const auto right = leading_.back().cast<double>();
        const double overlap = std::abs(left.dot(right)) / (left.norm() * right.norm());
        overlap_->add_row(lab::labelled_row(labels_, {step, visits_[i], overlap}));
        if (i + 2 == leading_.size()) previous = overlap;
    }
    return previous;
}

}  // namespace dualtape::analyses
