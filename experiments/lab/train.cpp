#include "experiments/lab/train.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "engine/kernels/random.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/options.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/table.h"
#include "experiments/lab/table_marks.h"

namespace dualtape::lab {

namespace {

// One training in progress: what changes from step to step, and its way to and from disk.
template <class Scalar>
class Training {
  public:
    Training(const TrainSettings& settings, TrainTask<Scalar>& task,
             const TrainHooks<Scalar>& hooks, const RunFolder& folder, Log& log,
             ProgressTask& progress)
        : settings_(settings),
          task_(task),
          hooks_(hooks),
          folder_(folder),
          log_(log),
          progress_(progress),
          marks_(hooks.tables),
          schedule_(settings.optimiser.schedule()),
          optimiser_(task.model->size(), settings.optimiser),
          work_(*task.model, task.threads),
          order_(task.batch.samples(),
                 settings.batch_size == 0 ? task.batch.samples() : settings.batch_size, task.seed),
          batch_(task.batch),
          gradient_(task.model->size()) {}

    TrainEnd run() {
        const WorkToSave steps;
        TrainEnd end;
        bool is_pending = true;  // hooks of the current step have not run
        restore(end.step, is_pending);
        progress_.resume(end.step);
        saves_ = &progress_.add_interlude(settings_.visits.about(end.step, settings_.steps));
        while (true) {
            progress_.at(end.step);
            if (is_pending) {
                end.kind = visit_step(end);
                if (end.kind != TrainEnd::Kind::done) return end;
            }
            is_pending = true;
            if (end.step >= settings_.steps) break;
            if (is_interrupted()) {
                save(end.step, false);
                end.kind = TrainEnd::Kind::interrupted;
                return end;
            }
            ++end.step;
            if (!update(end)) return end;
        }
        progress_.finish();
        return end;
    }

  private:
    TrainState<Scalar> state(std::int64_t step) const { return {step, task_.theta, optimiser_}; }

    // theta after `step` updates; false, with the reason, when it cannot be computed.
    bool update(TrainEnd& end) {
        if (hooks_.inputs) hooks_.inputs(end.step);
        if (!order_.is_full()) {
            const auto samples = order_.batch(end.step);
            batch_.select(samples.data(), static_cast<Index>(samples.size()));
        }
        const double loss = task_.model->gradient(work_, task_.theta, batch_, gradient_);
        if (!std::isfinite(loss) || !gradient_.allFinite()) {
            diverge(end, batch_,
                    std::isfinite(loss) ? "the gradient is not finite"
                                        : "the loss is " + format_number(loss));
            return false;
        }
        optimiser_.step(task_.theta, gradient_, schedule_(end.step));
        return true;
    }

    void diverge(TrainEnd& end, const Batch<Scalar>& batch, const std::string& what) {
        const std::string node = task_.model->at(work_, task_.theta, batch).locate_nonfinite();
        end.kind = TrainEnd::Kind::diverged;
        end.reason = task_.name + " diverged at step " + std::to_string(end.step) + ": " + what +
                     (node.empty() ? "" : "; first not finite: " + node) +
                     (end.step == 0 ? "; smaller initial weights may help"
                                    : "; a smaller learning_rate may help");
    }

    // Hooks and checkpoint of a step. A checkpoint is written only of a finite state.
    TrainEnd::Kind visit_step(TrainEnd& end) {
        const bool is_visited = settings_.visits.contains(end.step, settings_.steps);
        if (is_visited) {
            const double loss = task_.model->value(work_, task_.theta, task_.batch);
            if (!std::isfinite(loss)) {
                diverge(end, task_.batch, "the loss is " + format_number(loss));
                return end.kind;
            }
        }
        if (hooks_.log && !is_logged_ && settings_.log.contains(end.step, settings_.steps)) {
            hooks_.log(state(end.step));
        }
        is_logged_ = false;
        if (!is_visited) return TrainEnd::Kind::done;
        if (hooks_.visit && !hooks_.visit(state(end.step))) {
            save(end.step, true);
            return TrainEnd::Kind::interrupted;
        }
        saves_->time([&] { save(end.step, false); });
        remove_unplanned();
        return TrainEnd::Kind::done;
    }

    // A checkpoint that an interruption left between visits has served. One beyond the last step
    // is not of this training.
    void remove_unplanned() const {
        for (const Checkpoint& checkpoint : folder_.checkpoints(task_.name)) {
            if (checkpoint.step > settings_.steps ||
                !settings_.visits.contains(checkpoint.step, settings_.steps)) {
                std::filesystem::remove(checkpoint.path);
            }
        }
    }

    void save(std::int64_t step, bool visit_is_pending) {
        TensorFile file;
        file.metadata["step"] = std::to_string(step);
        file.metadata["training"] = task_.name;
        file.metadata["settings_hash"] = folder_.settings_hash();
        file.metadata["tables"] = marks_.text();
        file.metadata["visit_is_pending"] = visit_is_pending ? "1" : "0";
        add_parameters<Scalar>(file, *task_.parameters, task_.theta);
        optimiser_.save(file);
        write_tensors(folder_.checkpoint(task_.name, step), file);
    }

    // Takes the newest checkpoint that can be read and fits, and says which ones did not.
    void restore(std::int64_t& step, bool& is_pending) {
        std::vector<std::string> passed_over;
        const auto say = [&](const std::string& instead) {
            for (const std::string& reason : passed_over) log_.warn(reason + "; " + instead);
        };
        const auto candidates =
            folder_.is_resumed() ? folder_.checkpoints(task_.name) : std::vector<Checkpoint>();
        for (const Checkpoint& checkpoint : candidates) {
            try {
                load(checkpoint, is_pending);
                step = checkpoint.step;
                say("the checkpoint of step " + std::to_string(step) + " is taken");
                return;
            } catch (const InputError& error) {
                passed_over.push_back("checkpoint " + checkpoint.path.string() +
                                      " is passed over: " + error.what());
            }
        }
        say("the training starts anew");
        marks_.cut_back("");
        if (hooks_.begin) hooks_.begin(-1);
    }

    // Throws InputError, before anything is changed but the tables, for a checkpoint that is not of
    // this training and step, or whose tables are not there.
    void load(const Checkpoint& checkpoint, bool& is_pending) {
        const TensorFile file = read_tensors(checkpoint.path);
        const auto expect = [&](const char* what, const std::string& expected) {
            const std::string& found = file.text(what);
            if (found == expected) return;
            throw InputError(file.where,
                             std::string("its ") + what + " is " + found + ", not " + expected,
                             "start again with --force");
        };
        expect("step", std::to_string(checkpoint.step));
        expect("training", task_.name);
        expect("settings_hash", folder_.settings_hash());
        if (checkpoint.step > settings_.steps) {
            throw InputError(file.where,
                             "lies beyond the last step, " + std::to_string(settings_.steps),
                             "start again with --force");
        }
        Vec<Scalar> theta = read_parameters<Scalar>(file, *task_.parameters);
        Optimiser<Scalar> optimiser(theta.size(), settings_.optimiser);
        optimiser.load(file);
        const bool was_pending = file.text("visit_is_pending") == "1";
        marks_.cut_back(file.text("tables"));
        if (hooks_.begin && !hooks_.begin(checkpoint.step)) {
            throw InputError(file.where, "what the visits before it have left is gone",
                             "start again with --force");
        }
        task_.theta = std::move(theta);
        optimiser_ = std::move(optimiser);
        is_logged_ = is_pending = was_pending;
    }

    const TrainSettings& settings_;
    TrainTask<Scalar>& task_;
    const TrainHooks<Scalar>& hooks_;
    const RunFolder& folder_;
    Log& log_;
    ProgressTask& progress_;
    TableMarks marks_;
    Interlude* saves_ = nullptr;
    optim::Schedule schedule_;
    Optimiser<Scalar> optimiser_;
    Workspace<Scalar> work_;
    BatchOrder order_;
    Batch<Scalar> batch_;  // the minibatch
    Vec<Scalar> gradient_;
    bool is_logged_ = false;  // of a step that was resumed between log and visit
};

}  // namespace

bool Cadence::contains(std::int64_t step, std::int64_t last) const {
    if (step == 0 || step == last) return true;
    if (every > 0 && step >= phase && (step - phase) % every == 0) return true;
    if (log_spaced < 1 || step < 1 || last < 2) return false;
    // Only the points next to i = n log(step) / log(last) can round to this step.
    const double scale = static_cast<double>(log_spaced) / std::log(static_cast<double>(last));
    const auto near = static_cast<std::int64_t>(std::log(static_cast<double>(step)) * scale);
    for (std::int64_t i = std::max<std::int64_t>(near, 1); i <= near + 1; ++i) {
        if (std::llround(std::exp(static_cast<double>(i) / scale)) == step) return true;
    }
    return false;
}

std::vector<std::int64_t> Cadence::steps(std::int64_t last) const {
    std::vector<std::int64_t> all;
    for (std::int64_t step = 0; step <= last; ++step) {
        if (contains(step, last)) all.push_back(step);
    }
    return all;
}

std::int64_t Cadence::about(std::int64_t step, std::int64_t last) const {
    const std::int64_t left = std::max<std::int64_t>(last - step, 0);
    return (every > 0 ? left / every : 0) + std::min(log_spaced, left) + 1;
}

void add_train(Options& options, TrainSettings& settings) {
    options.group("optimiser", "Optimiser");
    add_optimiser(options, settings.optimiser);
    options.group("train", "Training");
    options.add("steps", settings.steps, "length of the training").unit("steps").at_least(1);
    options
        .add("batch_size", settings.batch_size, "samples of a minibatch; 0: the whole training set")
        .unit("samples")
        .at_least(0);
    options.add("log_every", settings.log.every, "distance between rows of metrics.tsv")
        .unit("steps")
        .at_least(1);
    options
        .add("log_phase", settings.log.phase,
             "first logged step; 0: log_every. Step 0 and the last step are always logged")
        .unit("steps")
        .at_least(0);
}

template <class Scalar>
TrainEnd train(const TrainSettings& settings, TrainTask<Scalar>& task,
               const TrainHooks<Scalar>& hooks, const RunFolder& folder, Log& log,
               ProgressTask& progress) {
    return Training<Scalar>(settings, task, hooks, folder, log, progress).run();
}

template <class Scalar>
void add_parameters(TensorFile& file, const std::vector<models::ParameterInfo>& parameters,
                    In<Vec<Scalar>> theta) {
    Index offset = 0;
    for (const models::ParameterInfo& parameter : parameters) {
        const Index size = parameter.rows * parameter.cols;
        const Scalar* data = theta.data() + offset;
        if (parameter.is_vector) {
            file.add_vector<Scalar>(parameter.name,
                                    std::span(data, static_cast<std::size_t>(size)));
        } else {
            const Eigen::Map<const Mat<Scalar>> matrix(data, parameter.rows, parameter.cols);
            file.add_matrix<Scalar>(parameter.name, matrix);
        }
        offset += size;
    }
}

template <class Scalar>
Vec<Scalar> read_parameters(const TensorFile& file,
                            const std::vector<models::ParameterInfo>& parameters) {
    Index size = 0;
    for (const models::ParameterInfo& parameter : parameters)
        size += parameter.rows * parameter.cols;
    Vec<Scalar> theta(size);
    Index offset = 0;
    for (const models::ParameterInfo& parameter : parameters) {
        const Index count = parameter.rows * parameter.cols;
        const std::vector<std::int64_t>& shape = file.tensor(parameter.name).shape;
        const std::vector<std::int64_t> expected =
            parameter.is_vector ? std::vector<std::int64_t>{parameter.rows}
                                : std::vector<std::int64_t>{parameter.rows, parameter.cols};
        if (shape != expected) {
            throw InputError(file.where, parameter.name + " has not the shape of this model",
                             "the file belongs to a model of another depth or width");
        }
        if (parameter.is_vector) {
            const std::vector<Scalar> values = file.values<Scalar>(parameter.name);
            theta.segment(offset, count) = Eigen::Map<const Vec<Scalar>>(values.data(), count);
        } else {
            const Mat<Scalar> matrix = file.matrix<Scalar>(parameter.name);
            theta.segment(offset, count) = Eigen::Map<const Vec<Scalar>>(matrix.data(), count);
        }
        offset += count;
    }
    return theta;
}

BatchOrder::BatchOrder(Index samples, Index batch_size, std::uint64_t seed)
    : samples_(samples), batch_size_(batch_size), seed_(seed) {
    if (batch_size < 1 || batch_size > samples) {
        throw std::invalid_argument("batch_size = " + std::to_string(batch_size) +
                                    " must be 1 to " + std::to_string(samples) +
                                    ", the number of training samples, or 0 for all of them");
    }
}

std::span<const std::int32_t> BatchOrder::batch(std::int64_t step) {
    const Index per_epoch = (samples_ + batch_size_ - 1) / batch_size_;
    const std::int64_t epoch = (step - 1) / per_epoch;
    if (epoch != epoch_) {
        order_.resize(static_cast<std::size_t>(samples_));
        std::iota(order_.begin(), order_.end(), 0);
        kernels::Stream stream(seed_, "batches", static_cast<std::uint64_t>(epoch));
        stream.shuffle(std::span(order_));
        epoch_ = epoch;
    }
    const Index first = static_cast<Index>((step - 1) % per_epoch) * batch_size_;
    const Index count = std::min(batch_size_, samples_ - first);
    return std::span(order_).subspan(static_cast<std::size_t>(first),
                                     static_cast<std::size_t>(count));
}

#define DUALTAPE_INSTANTIATE(Scalar)                                                             \
    template TrainEnd train(const TrainSettings&, TrainTask<Scalar>&, const TrainHooks<Scalar>&, \
                            const RunFolder&, Log&, ProgressTask&);                              \
    template void add_parameters<Scalar>(TensorFile&, const std::vector<models::ParameterInfo>&, \
                                         In<Vec<Scalar>>);                                       \
    template Vec<Scalar> read_parameters<Scalar>(const TensorFile&,                              \
                                                 const std::vector<models::ParameterInfo>&);
DUALTAPE_INSTANTIATE(float)
DUALTAPE_INSTANTIATE(double)
#undef DUALTAPE_INSTANTIATE

}  // namespace dualtape::lab
