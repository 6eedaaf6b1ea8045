#pragma once
// The training loop of all experiments: full batch or minibatches, checkpoints, resume.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/dualtape.h"
#include "experiments/lab/log.h"
#include "experiments/lab/optimiser.h"
#include "experiments/lab/progress.h"
#include "experiments/lab/run_folder.h"
#include "models/mlp.h"

namespace dualtape::lab {

// Steps at which something happens: 0, the last one, phase, phase + every, phase + 2 every, ...
// (phase 0: every, 2 every, ...), and last^(i / log_spaced) rounded, i = 1 .. log_spaced.
struct Cadence {
    std::int64_t every = 100;  // 0: never
    std::int64_t phase = 0;
    std::int64_t log_spaced = 0;

    bool contains(std::int64_t step, std::int64_t last) const;
    // All of them, rising.
    std::vector<std::int64_t> steps(std::int64_t last) const;
    // About how many of them are `step` or later, for estimates of time.
    std::int64_t about(std::int64_t step, std::int64_t last) const;
};

struct TrainSettings {
    OptimiserSettings optimiser;
    std::int64_t steps = 1000;
    std::int64_t batch_size = 0;  // samples; 0: all
    Cadence log;
    Cadence visits;  // a visit ends with a checkpoint
};

// Opens the groups "optimiser" and "train" and adds the settings, except the cadence of visits.
void add_train(Options& options, TrainSettings& settings);

// What is trained. Everything pointed to outlives the call.
template <class Scalar>
struct TrainTask {
    std::string name;  // of the run folder: "depth2-seed0"
    const Model<Scalar>* model = nullptr;
    const std::vector<models::ParameterInfo>* parameters = nullptr;
    Batch<Scalar> batch;     // the whole training set
    Vec<Scalar> theta;       // at step 0
    std::uint64_t seed = 0;  // of the stream "batches"
    int threads = 1;
};

// The state after `step` updates.
template <class Scalar>
struct TrainState {
    std::int64_t step;
    const Vec<Scalar>& theta;
    const Optimiser<Scalar>& optimiser;
};

// What an experiment does on the way, in this order at every step. All may be empty.
template <class Scalar>
struct TrainHooks {
    // The tables that log and visit add rows to. A checkpoint says how far they were, and they are
    // cut back to that, or removed when the training starts, before `begin`.
    std::vector<std::filesystem::path> tables;
    // Once, before anything else: the training goes on after this step; -1: it starts. Opens the
    // tables and reloads what visits have left. Returns false, or throws InputError, when that is
    // impossible: then an older checkpoint is tried.
    std::function<bool(std::int64_t step)> begin;
    // Before the gradient of a step: may rewrite the data that the batch points to. The new data
    // must be a function of the step alone.
    std::function<void(std::int64_t step)> inputs;
    std::function<void(const TrainState<Scalar>&)> log;
    // Expensive measurements. Returns false when it was interrupted and has written nothing: the
    // resumed run repeats it.
    std::function<bool(const TrainState<Scalar>&)> visit;
};

struct TrainEnd {
    enum class Kind { done, interrupted, diverged };
    Kind kind = Kind::done;
    std::int64_t step = 0;
    std::string reason;  // diverged: "the loss is nan at step 812; first not finite: ..."
};

// Trains from theta, or from the newest readable checkpoint of the task, to the last step.
//   gradient of the mean loss (of the minibatch: samples in an order that the stream "batches"
//   draws anew for every epoch; the last batch of an epoch may be smaller), optimiser step,
//   log, visit, checkpoint.
// The state after a step is a function of the settings and the seed alone, so a resumed training
// gives the same bits as an unbroken one, for any number of threads. Stops, without a checkpoint,
// when the loss or a gradient is not finite. theta is that of the last step on return.
template <class Scalar>
TrainEnd train(const TrainSettings& settings, TrainTask<Scalar>& task,
               const TrainHooks<Scalar>& hooks, const RunFolder& folder, Log& log,
               ProgressTask& progress);

// Theta by parameter name, as (outputs, inputs) weights of the scalar's type; and back.
template <class Scalar>
void add_parameters(TensorFile& file, const std::vector<models::ParameterInfo>& parameters,
                    In<Vec<Scalar>> theta);
// Throws InputError when a parameter is missing or has another shape.
template <class Scalar>
Vec<Scalar> read_parameters(const TensorFile& file,
                            const std::vector<models::ParameterInfo>& parameters);

// Sample numbers of the minibatch of step 1, 2, ...: a pure function of its arguments.
class BatchOrder {
  public:
    BatchOrder(Index samples, Index batch_size, std::uint64_t seed);
    bool is_full() const { return batch_size_ == samples_; }
    // Valid until the next call.
    std::span<const std::int32_t> batch(std::int64_t step);

  private:
    Index samples_, batch_size_;
    std::uint64_t seed_;
    std::int64_t epoch_ = -1;
    std::vector<std::int32_t> order_;
};

}  // namespace dualtape::lab
